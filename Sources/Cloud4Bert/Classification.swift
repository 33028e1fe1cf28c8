/// What a classifier says of one text.
public struct Classification: Sendable, Equatable {
  /// The label with the highest score.
  public var label: String { labels[best] }

  /// The score of ``label``: a probability, unless the model's problem type is regression.
  public var score: Float { values[best] }

  /// Every label's score, in the order of the model's label ids. They add up to 1 where the labels
  /// exclude each other, and are independent where a text may have several.
  public var scores: [(label: String, score: Float)] {
    Array(zip(labels, values)).map { (label: $0, score: $1) }
  }

  /// The id of ``label`` in the model's `id2label`.
  public let best: Int
  /// The scores alone, [labels].
  public let values: [Float]
  /// The model's raw outputs, [labels], before softmax or sigmoid; of a text in several windows their
  /// mean.
  public let logits: [Float]
  /// Tokens that the model saw, special tokens included; of a text in several windows those of all.
  public let tokenCount: Int
  /// How many windows the text was classified in: 1 but for long texts with
  /// ``TextClassifier/Overflow/window(stride:)``.
  public let windowCount: Int
  /// Whether the text was longer than the model takes, and its end was left out.
  public let isTruncated: Bool

  private let labels: [String]

  init(
    logits: [Float], scoring: ScoreFunction, labels: [String], tokenCount: Int,
    windowCount: Int = 1, isTruncated: Bool
  ) {
    self.logits = logits
    self.labels = labels
    self.tokenCount = tokenCount
    self.windowCount = windowCount
    self.isTruncated = isTruncated
    let values = scoring(logits)
    self.values = values
    best = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }
}
