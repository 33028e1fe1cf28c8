import Inference
public import Tensors

/// How a ``Learner`` trains its model, whatever it learns from.
public struct LearnerOptions: Sendable {
  /// How many tokens the longest text may have, special ones included; nil for
  /// ``standardMaxLength``, or the model's limit where that is less.
  public var maxLength: Int?
  public var weightDecay = 0.01
  /// Whether to train with the dropout of the model's configuration.
  public var usesDropout = true
  public var seed: UInt64 = 0
  /// How many threads train; nil for one a core. No more than ``batchSize`` are used: each has
  /// gradients of its own, and a text is one thread's.
  public var threads: Int?
  /// Texts of a step.
  public var batchSize = 32
  /// The precision of the large products: `float32` or `bf16x3`.
  public var precision = Precision.float32

  public init() {}

  /// The longest text of a run that asks for no other: most texts are shorter, and time grows with
  /// length.
  public static let standardMaxLength = 128

  /// The longest text that holds for a model.
  ///
  /// - Throws: ``TrainingError/wrongSetting(_:value:expected:)`` for one that it cannot take.
  func maxLength(for files: ModelFiles) throws(TrainingError) -> Int {
    guard let maxLength else { return min(files.ownMaxLength, Self.standardMaxLength) }
    let allowed = files.maxLengths
    guard allowed.contains(maxLength) else {
      throw .wrongSetting(
        "the length of the longest text", value: "\(maxLength)",
        expected: "\(allowed.lowerBound) to \(allowed.upperBound) tokens, special ones included")
    }
    return maxLength
  }

  /// Nil for none.
  var dropoutSeed: UInt64? { usesDropout ? seed : nil }

  /// What makes the steps of training `model`.
  func optimizer(of model: TrainableModel) -> DataParallelStep {
    var settings = AdamW.Settings()
    settings.weightDecay = weightDecay
    return DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout, settings: settings),
      threads: min(
        max(1, threads ?? ThreadBudget.current.threads), max(1, batchSize)),
      precision: precision)
  }

  /// The most tokens that a thread of `optimizer` works on at a time: a batch is shared out, but no
  /// text is.
  ///
  /// - Parameter longest: Tokens of the longest text there is.
  func shardTokens(longest: Int, in optimizer: DataParallelStep) -> Int {
    let share = (batchSize * longest + optimizer.threadCount - 1) / optimizer.threadCount
    return max(longest, min(optimizer.maxTokens, share))
  }
}
