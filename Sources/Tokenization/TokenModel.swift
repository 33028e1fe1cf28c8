/// What cuts words into tokens.
enum TokenModel: Sendable {
  case wordPiece(WordPiece)
  case bytePairs(BytePairs)

  var vocabulary: Vocabulary {
    switch self {
    case .wordPiece(let model): model.vocabulary
    case .bytePairs(let model): model.vocabulary
    }
  }

  var unknownToken: String {
    switch self {
    case .wordPiece(let model): model.unknownToken
    case .bytePairs(let model): model.unknownToken
    }
  }
}

/// How tokens become a text again.
enum TokenDecoder: Sendable {
  case wordPiece(WordPieceDecoder)
  case byteLevel

  func decode(_ tokens: [String]) -> String {
    switch self {
    case .wordPiece(let decoder): decoder.decode(tokens)
    case .byteLevel: ByteAlphabet.decode(tokens)
    }
  }
}
