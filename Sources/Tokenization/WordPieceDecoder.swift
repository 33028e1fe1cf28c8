/// Joins the tokens of WordPiece to a text (`decoders.WordPiece` of Hugging Face `tokenizers`, with
/// its cleanup).
struct WordPieceDecoder: Sendable {
  let prefix: String

  /// In this order, each wherever it occurs in a token with the space before it.
  private static let cleanups = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  func decode(_ tokens: [String]) -> String {
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
      for (spaced, tight) in Self.cleanups {
        piece = Self.replace(spaced, with: tight, in: piece)
      }
      text += piece
    }
    return text
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
