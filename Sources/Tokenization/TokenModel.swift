/// What cuts words into tokens.
enum TokenModel: Sendable {
  case wordPiece(WordPiece)
  case bytePairs(BytePairs)
  case unigram(Unigram)

  var vocabulary: Vocabulary {
    switch self {
    case .wordPiece(let model): model.vocabulary
    case .bytePairs(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    }
  }

  var unknownToken: String {
    switch self {
    case .wordPiece(let model): model.unknownToken
    case .bytePairs(let model): model.unknownToken
    case .unigram(let model):
      model.unknownID.flatMap { model.vocabulary.token(for: Int($0)) } ?? "<unk>"
    }
  }
}

/// How tokens become a text again.
enum TokenDecoder: Sendable {
  case wordPiece(WordPieceDecoder)
  case byteLevel
  case metaspace(sign: Unicode.Scalar, dropsFirst: Bool)

  func decode(_ tokens: [String]) -> String {
    switch self {
    case .wordPiece(let decoder): decoder.decode(tokens)
    case .byteLevel: ByteAlphabet.decode(tokens)
    case .metaspace(let sign, let dropsFirst): Self.decode(tokens, sign, dropsFirst: dropsFirst)
    }
  }

  /// `decoders.Metaspace`: signs become spaces, but those of the first token, where one was added to it.
  private static func decode(
    _ tokens: [String], _ sign: Unicode.Scalar, dropsFirst: Bool
  ) -> String {
    var text = String.UnicodeScalarView()
    for (index, token) in tokens.enumerated() {
      for scalar in token.unicodeScalars {
        if scalar != sign {
          text.append(scalar)
        } else if index > 0 || !dropsFirst {
          text.append(" ")
        }
      }
    }
    return String(text)
  }
}
