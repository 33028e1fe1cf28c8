/// What a model is given at once: a text, or a pair of texts for models trained on pairs.
public struct TextInput: Sendable, Equatable, ExpressibleByStringLiteral {
  public var text: String
  /// The second text of a pair; the tokenizer separates the two. An empty one counts as none for a
  /// classifier, as in the text-classification pipeline of transformers.
  public var pair: String?

  /// A text, or a pair of texts for models trained on pairs.
  public init(_ text: String, pair: String? = nil) {
    self.text = text
    self.pair = pair
  }

  /// The input as a classifier takes it: an empty second text is none.
  package var forClassifier: TextInput {
    pair?.isEmpty == true ? TextInput(text) : self
  }

  public init(stringLiteral text: String) {
    self.init(text)
  }
}

extension TextInput {
  /// About how many tokens it makes, at most `limit`: known before it is tokenised.
  package func estimatedTokens(limit: Int) -> Int {
    min((text.utf8.count + (pair?.utf8.count ?? 0)) / 4 + 2, limit)
  }
}
