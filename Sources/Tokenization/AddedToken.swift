/// A token that is found in the text before WordPiece sees it (`AddedToken` of Hugging Face
/// `tokenizers`).
struct AddedToken: Equatable, Sendable {
  var content: String
  /// Found only where no word character adjoins it.
  var singleWord = false
  /// Takes the white space before it, and after it, into its offsets.
  var leftStrip = false
  var rightStrip = false
  /// Found, normalized, in the normalized text; otherwise as it stands in the original text.
  var normalized: Bool
  /// Left out by `decode(_:skipSpecialTokens:)`.
  var special: Bool
}

/// The added tokens of a tokenizer, numbered and marked as `AddedVocabulary` of Hugging Face
/// `tokenizers` does it: a token that the model knows keeps its id, others follow its vocabulary.
struct AddedVocabulary: Sendable {
  static let maximumCount = 100_000
  /// In bytes; bounds what looking for a token costs at each place of a text.
  static let maximumLength = 1024

  private(set) var ids: [String: Int] = [:]
  private(set) var tokens: [Int: AddedToken] = [:]
  /// In the order of their adding, which decides between two of the same normalized content.
  private var specials: [AddedToken] = []
  private var others: [AddedToken] = []
  private var specialContents: Set<String> = []

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
      if specialContents.insert(token.content).inserted { specials.append(token) }
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
      ids[token.content] = id
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
