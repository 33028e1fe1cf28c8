import Files

/// Greedy longest-match WordPiece (`WordPiece` of Hugging Face `tokenizers`), or the same without pieces:
/// each word is a token or unknown (`WordLevel`).
struct WordPiece: Sendable {
  /// A longer limit would let a file make the matching of one word take too long.
  static let maximumWordLimit = 4096

  var vocabulary: Vocabulary
  var unknownToken: String
  /// Nil where the vocabulary lacks it: then a word that needs it cannot be encoded.
  var unknownID: Int32?
  var continuingSubwordPrefix: String
  /// In scalars; a longer word is unknown.
  var maxInputCharsPerWord: Int
  /// Whether no word is cut.
  var isWordLevel = false

  /// - Throws: `TokenizerError.unsupported` where the limit is out of range.
  init(
    vocabulary: consuming Vocabulary.Builder, unknownToken: String = "[UNK]",
    continuingSubwordPrefix: String = "##", maxInputCharsPerWord: Int = 100, file: String
  ) throws(TokenizerError) {
    guard (0...Self.maximumWordLimit).contains(maxInputCharsPerWord) else {
      throw .unsupported(
        file: file,
        reason: "max_input_chars_per_word is \(maxInputCharsPerWord), not from 0 to "
          + "\(Self.maximumWordLimit)")
    }
    self.vocabulary = vocabulary.build(continuingSubwordPrefix: continuingSubwordPrefix)
    self.unknownToken = unknownToken
    unknownID = self.vocabulary.id(of: unknownToken).map { Int32($0) }
    self.continuingSubwordPrefix = continuingSubwordPrefix
    self.maxInputCharsPerWord = maxInputCharsPerWord
  }

  /// `WordLevel`
  init(
    wordLevel vocabulary: consuming Vocabulary.Builder, unknownToken: String, file: String
  ) throws(TokenizerError) {
    try self.init(
      vocabulary: vocabulary, unknownToken: unknownToken, maxInputCharsPerWord: 0, file: file)
    isWordLevel = true
    // No longer word is a token.
    maxInputCharsPerWord = self.vocabulary.longestStart
    guard maxInputCharsPerWord <= Self.maximumWordLimit else {
      throw .unsupported(
        file: file, reason: "a token is longer than \(Self.maximumWordLimit) bytes")
    }
  }

  /// Calls `piece` with the id of each piece of `word` and its bytes there, or returns false where
  /// the word has no pieces, after calls that count for nothing.
  @inline(__always)
  func pieces(
    of word: UnsafeBufferPointer<UInt8>, hashes: inout [UInt64],
    _ piece: (Int32, Range<Int>) -> Void
  ) -> Bool {
    var start = 0
    while start < word.count {
      let longest = start == 0 ? vocabulary.longestStart : vocabulary.longestContinuation
      let limit = min(word.count - start, longest)
      var hash = vocabulary.seed
      hashes.removeAll(keepingCapacity: true)
      for offset in 0..<limit {
        hash = TokenTable.extend(hash, word[start + offset])
        hashes.append(hash)
      }
      // A token is whole characters, so that a match cannot end inside one.
      var length = limit
      while length > 0 {
        let candidate = word[start..<start + length]
        let id =
          start == 0
          ? vocabulary.startID(candidate, hash: hashes[length - 1])
          : vocabulary.continuationID(candidate, hash: hashes[length - 1])
        if let id {
          piece(id, start..<start + length)
          break
        }
        length -= 1
      }
      if length == 0 { return false }
      start += length
    }
    return true
  }
}
