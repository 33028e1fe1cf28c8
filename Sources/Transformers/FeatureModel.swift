public import Checkpoints
public import Tensors

/// An encoder without a classifier, for features of texts: `AutoModel` in transformers. Keeps the dense
/// layer behind the first token where the checkpoint has one, whatever heads stand above it.
public struct FeatureModel: Sendable {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  private let pooler: BertPooler?
  private let preClassifier: DistilBertPreClassifier?

  /// Takes its tensors from `weights`: the encoder's, and those of a pooler or pre-classifier that is
  /// there.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    self.configuration = configuration
    encoder = try Transformers.encoder(&weights, configuration: configuration)
    pooler =
      configuration.family == .bert && weights.contains("bert.pooler.dense.weight")
      ? try BertPooler(&weights, configuration: configuration) : nil
    preClassifier =
      configuration.family == .distilBert && weights.contains("pre_classifier.weight")
      ? try DistilBertPreClassifier(&weights, configuration: configuration) : nil
  }

  /// Whether the checkpoint has BERT's pooler.
  public var hasPooler: Bool { pooler != nil }

  /// Whether the checkpoint has the hidden layer of DistilBERT's classifier.
  public var hasPreClassifier: Bool { preClassifier != nil }

  /// BERT's `pooler_output`, [sequences, hidden size]; requires ``hasPooler``. The matrix lives in
  /// `workspace` until its next reset.
  ///
  /// - Throws: ``BatchError``
  public func poolerOutput(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    precondition(hasPooler, "a checkpoint without a pooler")
    return pooler!(try encoder.firstTokens(batch, workspace: workspace), workspace: workspace)
  }

  /// What DistilBERT's classifier reads, `relu(pre_classifier(first token))`, [sequences, hidden size];
  /// requires ``hasPreClassifier``. The matrix lives in `workspace` until its next reset.
  ///
  /// - Throws: ``BatchError``
  public func preClassifierOutput(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    precondition(hasPreClassifier, "a checkpoint without a pre_classifier")
    return preClassifier!(
      try encoder.firstTokens(batch, workspace: workspace), workspace: workspace)
  }
}
