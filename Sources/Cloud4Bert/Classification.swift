import Evaluation

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
  /// How many tokens the model saw, special tokens included; of a text in several windows those of
  /// all.
  public let tokenCount: Int
  /// How many windows the text was classified in: 1 but for long texts with
  /// ``TextClassifier/Overflow/window(stride:)``.
  public let windowCount: Int
  /// Whether the text was longer than the model takes, and some of it was left out: its end, or its
  /// beginning where the tokenizer truncates there.
  public let isTruncated: Bool

  private let labels: [String]

  /// The labels with the highest scores, best first, as the text-classification pipeline of
  /// transformers gives them with `top_k`: all where there are fewer, none for a count below 1.
  public func top(_ count: Int) -> [(label: String, score: Float)] {
    // Of equal scores the label with the lower id comes first, as in Python's stable sort.
    values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
      .prefix(max(0, count)).map { (label: labels[$0], score: values[$0]) }
  }

  /// The labels whose scores are above a threshold, in the order of the model's label ids: for models
  /// that may give a text several labels, or none.
  public func labels(above threshold: Float) -> [String] {
    values.indices.filter { values[$0] > threshold }.map { labels[$0] }
  }

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
