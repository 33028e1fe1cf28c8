public import Checkpoints
public import Tensors

/// An encoder without a classifier, for features of texts: `AutoModel` in transformers. Keeps the dense
/// layer behind the first token where the checkpoint has one, whatever heads stand above it.
public struct FeatureModel: Sendable {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  private let pooler: HiddenLayer?
  private let preClassifier: HiddenLayer?

  /// Takes its tensors from `weights`: the encoder's, and those of a pooler or pre-classifier that is
  /// there.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let names = ModelNames(configuration)
    self.configuration = configuration
    encoder = try TransformerEncoder(&weights, configuration: configuration)
    func layer(_ name: ModelNames.Hidden?) throws -> HiddenLayer? {
      guard let name, weights.contains(name.name.weight) else { return nil }
      return try HiddenLayer(name, &weights, configuration: configuration)
    }
    pooler = try layer(names.pooler)
    preClassifier = try layer(names.preClassifier)
  }

  /// Whether the checkpoint has the encoder's pooler.
  public var hasPooler: Bool { pooler != nil }

  /// Whether the checkpoint has a classifier's hidden layer that is not the pooler.
  public var hasPreClassifier: Bool { preClassifier != nil }

  /// The `pooler_output`, [sequences, hidden size]; requires ``hasPooler``. The matrix lives in
  /// `workspace` until its next reset.
  ///
  /// - Throws: ``BatchError``
  public func poolerOutput(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    precondition(hasPooler, "a checkpoint without a pooler")
    return pooler!(try encoder.firstTokens(batch, workspace: workspace), workspace: workspace)
  }

  /// What the last layer of the classifier reads, such as DistilBERT's `relu(pre_classifier(first
  /// token))`, [sequences, hidden size]; requires ``hasPreClassifier``. The matrix lives in `workspace`
  /// until its next reset.
  ///
  /// - Throws: ``BatchError``
  public func preClassifierOutput(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    precondition(hasPreClassifier, "a checkpoint without a pre_classifier")
    return preClassifier!(
      try encoder.firstTokens(batch, workspace: workspace), workspace: workspace)
  }
}
