/// Joins the tokens of WordPiece to a text (`decoders.WordPiece` of Hugging Face `tokenizers`).
struct WordPieceDecoder: Equatable, Sendable {
  /// Of a token that continues a word; nil joins all tokens by spaces, as where there is no decoder.
  var prefix: String? = "##"
  /// Whether to take out the spaces that English spelling does without.
  var cleansUp = true

  /// In this order, each wherever it occurs in a token with the space before it.
  private static let cleanups = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  func decode(_ tokens: [String]) -> String {
    guard let prefix else { return tokens.joined(separator: " ") }
    var text = ""
    for (index, token) in tokens.enumerated() {
      var piece = token
      if index > 0 {
        if !prefix.isEmpty, piece.utf8.starts(with: prefix.utf8) {
          piece = String(decoding: piece.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        } else {
          piece = " " + piece
        }
      }
      if cleansUp, Self.mayNeedCleanup(piece) {
        for (spaced, tight) in Self.cleanups {
          piece = Self.replace(spaced, with: tight, in: piece)
        }
      }
      text += piece
    }
    return text
  }

  /// Whether a space is followed by what follows it in one of ``cleanups``: most tokens need none.
  private static func mayNeedCleanup(_ piece: String) -> Bool {
    zip(piece.utf8, piece.utf8.dropFirst()).contains { a, b in
      a == UInt8(ascii: " ") && ".?!,'nd".utf8.contains(b)
    }
  }

  /// `clean_up_tokenization` of transformers: the same replacements but one, over a whole text.
  static func cleanedUp(_ text: String) -> String {
    cleanups.filter { $0.0 != " do not" }.reduce(text) { replace($1.0, with: $1.1, in: $0) }
  }

  private static func replace(_ old: String, with new: String, in text: String) -> String {
    let bytes = Array(text.utf8)
    let pattern = Array(old.utf8)
    guard bytes.count >= pattern.count else { return text }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: pattern) {
        result += Array(new.utf8)
        index += pattern.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
