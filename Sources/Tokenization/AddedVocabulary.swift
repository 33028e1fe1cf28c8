import Files

/// The added tokens of a tokenizer, numbered and marked as `AddedVocabulary` of Hugging Face
/// `tokenizers` does it: a token that the model knows keeps its id, others follow its vocabulary.
struct AddedVocabulary: Sendable {
  static let maximumCount = 100_000
  /// In bytes, of one token and of all together; bounds what looking for them takes of memory.
  static let maximumLength = 1024
  static let maximumByteCount = 4 << 20

  private(set) var ids: [ExactString: Int] = [:]
  private(set) var tokens: [Int: AddedToken] = [:]
  /// In the order of their adding, which decides between two of the same normalized content.
  private var specials: [AddedToken] = []
  private var others: [AddedToken] = []
  private var specialContents: Set<ExactString> = []
  private var byteCount = 0

  var highestID: Int { ids.values.max() ?? -1 }

  func isSpecial(_ token: String) -> Bool {
    specialContents.contains(token)
  }

  mutating func add(
    _ given: [AddedToken], to vocabulary: Vocabulary, file: String
  ) throws(TokenizerError) {
    guard ids.count + given.count <= Self.maximumCount else {
      throw .unsupported(file: file, reason: "more than \(Self.maximumCount) added tokens")
    }
    for token in given where token.content.utf8.count > Self.maximumLength {
      throw .unsupported(
        file: file, reason: "an added token is longer than \(Self.maximumLength) bytes")
    }
    for token in given where token.special && !token.content.isEmpty {
      if specialContents.insert(token.content) { specials.append(token) }
    }
    var next = max(highestID + 1, vocabulary.count)
    for token in given where !token.content.isEmpty {
      let id: Int
      if let known = ids[token.content] ?? vocabulary.id(of: token.content) {
        if tokens[known] == token { continue }
        id = known
      } else {
        id = next
      }
      next = max(next, id + 1)
      if ids.updateValue(id, forKey: token.content) == nil { byteCount += token.content.utf8.count }
      guard byteCount <= Self.maximumByteCount else {
        throw .unsupported(
          file: file, reason: "added tokens of more than \(Self.maximumByteCount) bytes in all")
      }
      tokens[id] = token
      if !specialContents.contains(token.content) { others.append(token) }
    }
  }

  /// The tokens to look for in the original text, or else in the normalized text, by the flags of
  /// their last adding.
  func searched(normalized: Bool) -> [(content: String, id: Int)] {
    (specials + others).compactMap { token in
      guard let id = ids[token.content], tokens[id]?.normalized == normalized else { return nil }
      return (content: token.content, id: id)
    }
  }
}
