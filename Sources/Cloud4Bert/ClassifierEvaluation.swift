import Checkpoints
public import Evaluation
public import Tokenization
import Transformers

extension ClassificationReport {
  /// An empty report for the answers of a classifier.
  ///
  /// - Parameters:
  ///   - classifier: Whose answers are measured.
  ///   - names: Names in place of the model's own, in the order of the label ids, for models whose
  ///     files say only `LABEL_0`.
  ///   - mistakeLimit: How many of the most confident mistakes to keep.
  /// - Throws: `EvaluationError.notSingleLabel` for a model that does not choose one of several labels,
  ///   `EvaluationError.labelCount`, and `EvaluationError.tooManyLabels`.
  public init(
    for classifier: TextClassifier, labels names: [String]? = nil, mistakeLimit: Int = 10
  ) throws(EvaluationError) {
    let labels = classifier.labels
    guard classifier.scoreFunction == .softmax else {
      throw .notSingleLabel(labels: labels.count, scoreFunction: classifier.scoreFunction)
    }
    if let names, names.count != labels.count {
      throw .labelCount(given: names.count, labels: labels)
    }
    try self.init(labels: names ?? labels, mistakeLimit: mistakeLimit)
  }

  /// Adds one text that was classified.
  public mutating func add(
    trueLabel: Int, _ classification: Classification, row: Int? = nil, text: String = "",
    pair: String? = nil
  ) throws(EvaluationError) {
    try add(trueLabel: trueLabel, scores: classification.values, row: row, text: text, pair: pair)
  }
}

extension MultiLabelReport {
  /// An empty report for the answers of a classifier that gives each text any number of labels.
  ///
  /// - Parameters:
  ///   - classifier: Whose answers are measured.
  ///   - names: Names in place of the model's own, in the order of the label ids.
  ///   - thresholds: One a label; nil for `usualThreshold` each.
  ///   - mistakeLimit: How many of the surest mistakes to keep.
  /// - Throws: `EvaluationError.notMultiLabel` for a model of another kind, `EvaluationError.labelCount`,
  ///   and `EvaluationError.tooManyLabels`.
  public init(
    for classifier: TextClassifier, labels names: [String]? = nil, thresholds: [Float]? = nil,
    mistakeLimit: Int = 10
  ) throws(EvaluationError) {
    let labels = classifier.labels
    guard classifier.givesSeveralLabels else {
      throw .notMultiLabel(labels: labels.count, scoreFunction: classifier.scoreFunction)
    }
    if let names, names.count != labels.count {
      throw .labelCount(given: names.count, labels: labels)
    }
    try self.init(labels: names ?? labels, thresholds: thresholds, mistakeLimit: mistakeLimit)
  }
}

extension TextClassifier {
  /// Whether a text may get any number of the labels: `problem_type` is
  /// `multi_label_classification`.
  public var givesSeveralLabels: Bool {
    configuration.problemType == .multiLabelClassification
  }

  /// Classifies texts whose label ids are known, on as many cores as ``Options/threads`` says, and
  /// measures the answers.
  ///
  /// - Throws: `EvaluationError` for a model that does not choose one of several labels, or a
  ///   label id that it has not; `CancellationError` when the task is cancelled.
  public func evaluate(
    _ examples: [(input: TextInput, trueLabel: Int)], mistakeLimit: Int = 10
  ) async throws -> ClassificationReport {
    var report = try ClassificationReport(for: self, mistakeLimit: mistakeLimit)
    for example in examples where !labels.indices.contains(example.trueLabel) {
      throw EvaluationError.labelOutOfRange(id: example.trueLabel, count: labels.count)
    }
    let answers = try await classify(examples.map(\.input))
    for (example, answer) in zip(examples, answers) {
      try report.add(
        trueLabel: example.trueLabel, answer, text: example.input.text, pair: example.input.pair)
    }
    return report
  }
}
