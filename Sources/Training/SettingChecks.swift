import Tensors
import Tokenization

// What is given to a learner or a loop is checked before anything is computed.

extension TrainingError {
  typealias Examples = (inputs: [TextInput], labels: [Int?])

  /// - Parameters:
  ///   - training: At least one text; nil is the label of a text without one.
  ///   - validation: May be none.
  ///   - labelCount: Label ids are below this; nil where labels do not count.
  static func check(
    training: Examples, validation: Examples?, labelCount: Int?
  ) throws(TrainingError) {
    let parts = [("training", training, false), ("validation", validation, true)]
    for (part, examples, mayBeEmpty) in parts {
      guard let examples else { continue }
      let (textCount, labels) = (examples.inputs.count, examples.labels)
      guard labels.count == textCount else {
        throw .wrongExamples(part: part, problem: "\(labels.count) labels for \(textCount) texts")
      }
      guard textCount > 0 || mayBeEmpty else {
        throw .wrongExamples(part: part, problem: "no texts")
      }
      guard let labelCount else { continue }
      for (text, label) in labels.enumerated() {
        guard let label, !(0..<labelCount).contains(label) else { continue }
        throw .wrongExamples(
          part: part,
          problem: "text \(text + 1) has the label id \(label); ids are 0 to \(labelCount - 1)")
      }
    }
  }

  static func check(
    _ setting: String, _ value: Double, in range: some RangeExpression<Double>, _ expected: String
  ) throws(TrainingError) {
    guard range.contains(value), value.isFinite else {
      throw .wrongSetting(setting, value: "\(value)", expected: expected)
    }
  }
}

extension TrainingError {
  static func check(
    _ setting: String, _ value: Int, in range: PartialRangeFrom<Int>
  ) throws(TrainingError) {
    guard range.contains(value) else {
      throw .wrongSetting(setting, value: "\(value)", expected: "\(range.lowerBound) or more")
    }
  }

  static func check(
    _ setting: String, _ value: Int, in range: ClosedRange<Int>
  ) throws(TrainingError) {
    guard range.contains(value) else {
      throw .wrongSetting(
        setting, value: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
    }
  }
}

extension LearnerOptions {
  /// - Throws: ``TrainingError/wrongSetting(_:value:expected:)``
  func check() throws(TrainingError) {
    guard [.float32, .bf16x3].contains(precision) else {
      throw .wrongSetting(
        "the precision", value: precision.rawValue, expected: "float32 or bf16x3")
    }
    try TrainingError.check("the weight decay", weightDecay, in: 0..., "0 or more")
    try TrainingError.check("the batch size", batchSize, in: 1...)
    if let maxLength {
      try TrainingError.check("the length of the longest text", maxLength, in: 1...)
    }
    if let threads {
      try TrainingError.check("the number of threads", threads, in: ThreadBudget.allowed)
    }
  }
}

extension TrainingLoop.Settings {
  /// - Throws: ``TrainingError/wrongSetting(_:value:expected:)``
  func check() throws(TrainingError) {
    try TrainingError.check("the number of epochs", epochs, in: 1...)
    try TrainingError.check("the batch size", batchSize, in: 1...)
    if let patience { try TrainingError.check("the patience", patience, in: 1...) }
    try TrainingError.check("the share of warm-up", warmup, in: 0...1, "0 to 1")
    guard learningRate > 0, learningRate.isFinite else {
      throw .wrongSetting("the learning rate", value: "\(learningRate)", expected: "more than 0")
    }
    try TrainingError.check(
      "the number of minutes between checkpoints", checkpointMinutes, in: 0..., "0 or more")
  }
}

extension DistillationSettings {
  /// - Throws: ``TrainingError/wrongSetting(_:value:expected:)``
  func check() throws(TrainingError) {
    guard temperature > 0, temperature.isFinite else {
      throw .wrongSetting("the temperature", value: "\(temperature)", expected: "more than 0")
    }
    for (name, weight) in [
      ("distillation", distillationWeight), ("task", taskWeight), ("cosine", cosineWeight),
    ] {
      try TrainingError.check("the \(name) weight", weight, in: 0..., "0 or more")
    }
  }
}
