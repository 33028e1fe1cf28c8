import Inference
import Tokenization

/// The words to choose from where a mask is filled in.
public struct MaskTargets: Sendable, Equatable {
  /// The masks' places among the tokens, ascending, each once.
  public let tokens: [Int]
  /// Words that the vocabulary lacks, and the token that is looked for instead: the first of those
  /// that the tokenizer cuts them into.
  public let replaced: [(word: String, token: String)]
  /// Words of which the tokenizer leaves nothing.
  public let ignored: [String]

  public static func == (a: Self, b: Self) -> Bool { a.tokens == b.tokens }
}

extension FillMask {
  /// Looks words up once, for any number of texts: as the fill-mask pipeline of transformers does, the
  /// very token (`Paris` is none of an uncased model), or else the first token that the tokenizer, which
  /// lowercases where the model does, makes of the word.
  ///
  /// - Throws: ``FillMaskError/noTargets(_:)`` where no word is left.
  public func targets(_ words: [String]) throws -> MaskTargets {
    let tokenizer = engine.use.tokenizer
    var tokens: Set<Int> = []
    var replaced: [(word: String, token: String)] = []
    var ignored: [String] = []
    for word in words {
      if let id = tokenizer.id(for: word) {
        try tokenizer.checkEmbedding(of: [Int32(id)])
        tokens.insert(id)
        continue
      }
      let pieces = try tokenizer.encode(word, maxLength: 1, addSpecialTokens: false).ids
      if let id = pieces.first.map({ Int($0) }) {
        tokens.insert(id)
        replaced.append((word, tokenizer.token(for: id) ?? ""))
      } else {
        ignored.append(word)
      }
    }
    guard !tokens.isEmpty else { throw FillMaskError.noTargets(words) }
    return MaskTargets(tokens: tokens.sorted(), replaced: replaced, ignored: ignored)
  }
}
