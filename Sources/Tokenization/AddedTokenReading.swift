extension AddedToken {
  /// Reads the members of a serialized `AddedToken`; those left out are as in its Python class.
  init(_ object: JSONObject, special: Bool? = nil) throws(TokenizerError) {
    content = try object.required("content", try object.string("content"))
    let given = try object.bool("special")
    self.special = special ?? given ?? false
    singleWord = try object.bool("single_word") ?? false
    leftStrip = try object.bool("lstrip") ?? false
    rightStrip = try object.bool("rstrip") ?? false
    givenNormalized = try object.bool("normalized")
  }
}
