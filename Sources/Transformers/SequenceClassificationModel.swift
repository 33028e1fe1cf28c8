public import Checkpoints
public import Tensors

/// An encoder with a classifier on top: `AutoModelForSequenceClassification` in transformers, or
/// `AutoModelForNextSentencePrediction`. Other heads of the checkpoint are left alone.
public struct SequenceClassificationModel: Sendable {
  /// Of whether a text follows another, in the order of the logits.
  public static let nextSentenceLabels = ["is_next", "not_next"]

  /// That of the checkpoint; of a model for next sentences with the labels of this task.
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  let hidden: HiddenLayer
  let classifier: Linear

  /// A classifier of texts or pairs of texts. Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let names = ModelNames(configuration)
    self.configuration = configuration
    encoder = try TransformerEncoder(&weights, configuration: configuration)
    // Behind the encoder, without which it is no such model at all. Not every class with a pooler has a
    // classifier, nor the other way round.
    try weights.requireHead(
      .sequenceClassification, names.classifier.weight, names.classifierHidden.name.weight,
      configuration: configuration)
    hidden = try HiddenLayer(names.classifierHidden, &weights, configuration: configuration)
    classifier = try weights.linear(
      names.classifier, inputs: configuration.hiddenSize, outputs: configuration.labels.count)
  }

  /// Whether the second text of a pair follows the first: a classifier of two labels,
  /// ``nextSentenceLabels``.
  ///
  /// - Throws: `CheckpointError` for a tensor that is missing or has another shape,
  ///   ``MissingHeadError`` for a checkpoint of another class, or of a family that was not trained to.
  public init(
    nextSentence weights: inout NamedWeights, configuration: ModelConfiguration
  ) throws {
    let names = ModelNames(configuration)
    guard let name = names.nextSentence, let pooler = names.pooler else {
      throw MissingHeadError(.nextSentence, path: weights.path, configuration: configuration)
    }
    try weights.requireHead(.nextSentence, name.weight, configuration: configuration)
    classifier = try weights.linear(
      name, inputs: configuration.hiddenSize, outputs: Self.nextSentenceLabels.count)
    hidden = try HiddenLayer(pooler, &weights, configuration: configuration)
    encoder = try TransformerEncoder(&weights, configuration: configuration)
    var configuration = configuration
    configuration.labels = Self.nextSentenceLabels
    configuration.problemType = .singleLabelClassification
    self.configuration = configuration
  }

  /// What the head makes of the encoder's states for the first token of each sequence: [sequences,
  /// hidden size] to [sequences, labels]. The matrix lives in `workspace` until its next reset.
  public func logits(ofFirstTokens states: Matrix, workspace: Workspace) -> Matrix {
    let hidden = hidden(states, workspace: workspace)
    let logits = workspace.matrix(rows: hidden.rows, columns: classifier.outputSize)
    classifier(hidden, into: logits, workspace: workspace)
    workspace.lap(.head)
    return logits
  }

  /// One row of scores a sequence, [sequences, labels], before softmax or sigmoid. The matrix lives
  /// in `workspace`, which the call resets, until the next one.
  ///
  /// - Throws: ``BatchError``
  public func logits(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    workspace.reset()
    return logits(
      ofFirstTokens: try encoder.firstTokens(batch, workspace: workspace), workspace: workspace)
  }

  /// The same logits with the last layer's output for every token, [tokens, hidden size]. Both live in
  /// `workspace`, which the call resets, until the next one.
  ///
  /// - Throws: ``BatchError``
  public func logitsAndStates(
    _ batch: PackedBatch, workspace: Workspace
  ) throws -> (logits: Matrix, states: Matrix) {
    workspace.reset()
    let states = try encoder.hiddenStates(batch, workspace: workspace)
    let first = batch.firstTokens(of: states, workspace: workspace)
    return (logits(ofFirstTokens: first, workspace: workspace), states)
  }
}
