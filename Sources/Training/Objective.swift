public import Tensors
public import Transformers

/// The texts of one step, on all cores together.
public struct GlobalBatch: Sendable {
  public let batch: PackedBatch
  /// Of a masked language model, the tokens whose words are asked for: ascending indices into the flat
  /// list of tokens.
  public let maskedTokens: [Int]

  public init(_ batch: PackedBatch, maskedTokens: [Int] = []) {
    precondition(
      zip(maskedTokens, maskedTokens.dropFirst()).allSatisfy { $0 < $1 }
        && maskedTokens.first ?? 0 >= 0 && maskedTokens.last ?? -1 < batch.tokenCount,
      "ascending indices of tokens")
    self.batch = batch
    self.maskedTokens = maskedTokens
  }
}

/// A part of a ``GlobalBatch``, which one core takes through the model at once.
public struct BatchShard: Sendable {
  public let batch: PackedBatch
  /// The number in the global batch of each sequence.
  public let sequences: [Int]
  /// Indices into the tokens of ``batch``.
  public let maskedTokens: [Int]
  /// Where in the global batch's list of masked tokens each of them is.
  public let maskedIndices: [Int]
}

/// Where an ``Objective`` puts its derivatives; zeros to begin with.
public struct OutputGradients {
  /// The derivatives by the logits, of their shape.
  public let logits: Matrix
  /// The derivatives by the states, of their shape, where the objective uses them.
  public let hiddenStates: Matrix?
}

/// What a loss is the sum of, by name and always in the same order.
public struct LossParts: Sendable, Equatable {
  public private(set) var names: [String]
  public private(set) var values: [Double]

  public init(_ parts: KeyValuePairs<String, Double> = [:]) {
    names = parts.map(\.key)
    values = parts.map(\.value)
  }

  public var total: Double { values.reduce(0, +) }

  public subscript(name: String) -> Double? {
    names.firstIndex(of: name).map { values[$0] }
  }

  static func += (parts: inout LossParts, other: LossParts) {
    for (name, value) in zip(other.names, other.values) {
      if let index = parts.names.firstIndex(of: name) {
        parts.values[index] += value
      } else {
        parts.names.append(name)
        parts.values.append(value)
      }
    }
  }
}

/// What a model is to learn from one global batch: made anew for each, with its labels. Whatever a mean
/// is taken over is counted in the whole batch, so the loss does not depend on how it is cut up.
public protocol Objective: Sendable {
  /// Whether the last layer's states of all tokens are wanted, beside the logits.
  var usesHiddenStates: Bool { get }

  /// What a shard adds to the loss, and its derivatives by the outputs, which are added to `gradients`.
  ///
  /// - Parameters:
  ///   - outputs: What the model made of the shard.
  ///   - shard: A part of the step's texts.
  ///   - gradients: Where the derivatives by the outputs go.
  ///   - scratch: Of the calling worker alone and kept from step to step, such as for the forward
  ///     pass of another model.
  func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts
}

extension Objective {
  public var usesHiddenStates: Bool { false }
}
