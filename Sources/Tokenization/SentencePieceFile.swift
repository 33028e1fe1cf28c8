import Files

/// What of a sentencepiece model (`sentencepiece.bpe.model`: the message `ModelProto`) bears on the tokens of
/// the classes that are read here. They take the pieces and their scores for a Unigram model's, and its map
/// of characters; all else they set themselves, as fairseq trained the models.
struct SentencePieceFile {
  let file: String
  private let bytes: [UInt8]
  private var pieces: [Piece] = []
  private var characterMap: Range<Int>?

  private struct Piece {
    var text = 0..<0
    var score: Float = 0
    /// `SentencePiece.Type`
    var kind: UInt64 = 1
  }

  init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
    self.file = file
    self.bytes = bytes
    do throws(ProtocolBuffer.Damage) {
      var message = ProtocolBuffer(bytes)
      while let (field, value) = try message.next() {
        switch (field, value) {
        case (1, .bytes(let range)):
          // Before the vocabulary counts them: what is repeated takes more memory than the file.
          guard pieces.count < Vocabulary.maximumCount else {
            throw ProtocolBuffer.Damage(
              offset: range.lowerBound, problem: "more than \(Vocabulary.maximumCount) pieces")
          }
          pieces.append(try Self.piece(bytes, range))
        case (3, .bytes(let range)): try readNormalizer(range)
        default: break
        }
      }
    } catch {
      throw .malformed(
        file: file,
        reason: "is not a sentencepiece model at byte \(error.offset): \(error.problem)")
    }
    guard pieces.count > 3 else {
      throw .malformed(file: file, reason: "is not a sentencepiece model: it has no pieces")
    }
  }

  private static func piece(
    _ bytes: [UInt8], _ range: Range<Int>
  ) throws(ProtocolBuffer.Damage) -> Piece {
    var piece = Piece()
    var message = ProtocolBuffer(bytes, range)
    while let (field, value) = try message.next() {
      switch (field, value) {
      case (1, .bytes(let text)): piece.text = text
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .integer(let kind)): piece.kind = kind
      default: break
      }
    }
    guard piece.score.isFinite else {
      throw ProtocolBuffer.Damage(offset: range.lowerBound, problem: "a score is not a number")
    }
    return piece
  }

  private mutating func readNormalizer(_ range: Range<Int>) throws(ProtocolBuffer.Damage) {
    var message = ProtocolBuffer(bytes, range)
    while let (field, value) = try message.next() {
      if field == 2, case .bytes(let map) = value { characterMap = map }
    }
  }

  /// Those that a text has as they are: control tokens and what users defined.
  var addedTokens: [AddedToken] {
    pieces.filter { $0.kind == 3 || $0.kind == 4 }.map { piece in
      AddedToken(
        content: String(decoding: bytes[piece.text], as: UTF8.self), givenNormalized: false,
        special: piece.kind == 3)
    }
  }

  /// Together they are UTF-8 and none begins inside a character: then each of them is, too.
  private func checkUTF8(_ all: [UInt8]) throws(TokenizerError) {
    guard String(validating: all, as: UTF8.self) != nil,
      pieces.allSatisfy({ $0.text.isEmpty || bytes[$0.text.lowerBound] & 0xC0 != 0x80 })
    else {
      throw .malformed(file: file, reason: "is not a sentencepiece model: a piece is not UTF-8")
    }
  }

  /// Unigram as the class builds it: fairseq's own tokens stand before and behind the pieces.
  func unigram(_ configuration: TokenizerConfiguration) throws(TokenizerError) -> Unigram {
    // Null is a token of this name to transformers.
    func name(_ key: String) -> String { configuration.name(key) ?? "None" }
    var vocabulary = Vocabulary.Builder()
    var scores: [Double] = []
    func add(_ token: some Collection<UInt8>, _ score: Double) throws(TokenizerError) {
      let start = vocabulary.arena.count
      vocabulary.arena += token
      try vocabulary.add(start..<vocabulary.arena.count, id: scores.count, file: file)
      scores.append(score)
    }
    var unknownID = 3
    let dropped: Int
    if configuration.tokenizerClass.construction == .rebuiltCamembert {
      for token in ["<s>NOTUSED", name("pad_token"), "</s>NOTUSED", name("unk_token")] {
        try add(token.utf8, 0)
      }
      try add("<unk>NOTUSED".utf8, -100)
      dropped = 1
    } else {
      for key in ["bos_token", "pad_token", "eos_token", "unk_token"] {
        try add(name(key).utf8, 0)
      }
      dropped = 3
    }
    for piece in pieces.dropFirst(dropped) { try add(bytes[piece.text], Double(piece.score)) }
    try add(name("mask_token").utf8, 0)
    try checkUTF8(vocabulary.arena)
    if configuration.tokenizerClass.construction == .rebuiltCamembert {
      unknownID = vocabulary.firstPlace(of: name("unk_token")) ?? 0
    }
    var normalizer = UnigramNormalizer()
    if let characterMap, !characterMap.isEmpty {
      guard let map = CharacterMap(Array(bytes[characterMap])) else {
        throw .malformed(file: file, reason: "its precompiled_charsmap is no map of characters")
      }
      normalizer.steps = [.characterMap(map)]
    }
    return try Unigram(
      vocabulary: vocabulary, scores: scores, unknownID: unknownID, fallsBackToBytes: false,
      normalizer: normalizer, metaspace: Metaspace(addsFirst: configuration.addsPrefixSpace),
      file: file)
  }
}
