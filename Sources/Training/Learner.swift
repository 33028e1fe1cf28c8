public import Checkpoints

/// What a ``TrainingLoop`` drives: a model with its optimiser, examples and loss.
///
/// A step must depend on nothing but the learner's state and the step's arguments: then a run that was
/// broken off and resumed comes to the same parameters, bit for bit.
public protocol Learner: AnyObject {
  /// How many examples an epoch goes through.
  var exampleCount: Int { get }

  /// One step of the optimiser on these examples.
  ///
  /// - Throws: ``TrainingError/notFinite(_:)`` where the loss or the gradient is not finite; then the
  ///   parameters are as before.
  func step(_ batch: TrainingBatch, learningRate: Double) throws -> StepOutcome

  /// How good the model is now, without dropout, on texts that it is not trained on; nil without such
  /// texts.
  func evaluate() throws -> EpochFigures?

  /// All that the next step depends on: the parameters, and the optimiser's moments.
  var state: [NewTensor] { get }

  /// The parameters alone, under the names that they have in a model folder.
  var parameters: [NewTensor] { get }

  /// Takes ``state`` back, as it was after `stepCount` steps.
  ///
  /// - Throws: `CheckpointError` for a tensor that is missing or of another shape.
  func restore(state: StoredTensors, stepCount: Int) throws

  /// Takes ``parameters`` back.
  func restore(parameters: StoredTensors) throws
}

/// The examples of one step.
public struct TrainingBatch: Sendable, Equatable {
  /// The epoch, from 0.
  public let epoch: Int
  /// The step, from 0, over all epochs.
  public let step: Int
  /// Which examples, in an order that the seed gives.
  public let examples: [Int]

  public init(epoch: Int, step: Int, examples: [Int]) {
    self.epoch = epoch
    self.step = step
    self.examples = examples
  }
}

/// What one step came to.
public struct StepOutcome: Sendable, Equatable {
  /// What the loss over the whole batch is the sum of, before the step.
  public var lossParts: LossParts
  /// The Euclidean norm of all gradients, before clipping.
  public var gradientNorm: Double
  public var tokenCount: Int

  public var loss: Double { lossParts.total }

  public init(lossParts: LossParts, gradientNorm: Double, tokenCount: Int) {
    self.lossParts = lossParts
    self.gradientNorm = gradientNorm
    self.tokenCount = tokenCount
  }
}

/// How good a model is after an epoch.
public struct EpochFigures: Sendable, Equatable, Codable {
  /// What the best epoch is chosen by: the larger the better.
  public var score: Double
  /// The score's name, for people: `weighted F1`.
  public var scoreName: String
  /// All figures by the names that they have in the log: `accuracy`, `weighted_f1`, `loss`.
  public var figures: [String: Double]

  /// Whether the score is larger, or as large and the loss smaller, where there is one.
  func isBetter(than other: EpochFigures) -> Bool {
    if score != other.score { return score > other.score }
    guard let loss = figures["loss"], let otherLoss = other.figures["loss"] else { return false }
    return loss < otherLoss
  }

  public init(score: Double, scoreName: String, figures: [String: Double]) {
    self.score = score
    self.scoreName = scoreName
    self.figures = figures
  }
}
