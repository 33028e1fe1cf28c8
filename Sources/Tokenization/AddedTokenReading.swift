import Files

extension AddedToken {
  /// Reads the members of a serialized `AddedToken`; those left out are as in its Python class.
  init(_ object: TokenizerFields, special: Bool? = nil) throws(TokenizerError) {
    content = try object.required("content", try object.string("content"))
    let given = try object.boolean("special")
    self.special = special ?? given ?? false
    singleWord = try object.boolean("single_word") ?? false
    leftStrip = try object.boolean("lstrip") ?? false
    rightStrip = try object.boolean("rstrip") ?? false
    givenNormalized = try object.boolean("normalized")
  }
}
