public import Checkpoints
public import Tensors

/// DistilBERT (Sanh et al., 2019): [DistilBertModel], [DistilBertForSequenceClassification] and
/// [DistilBertForMaskedLM] in transformers. No token types, no pooler; the classifier has a hidden
/// layer of its own.
///
/// [DistilBertModel]: https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertModel
/// [DistilBertForSequenceClassification]: https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertForSequenceClassification
/// [DistilBertForMaskedLM]: https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertForMaskedLM
public struct DistilBertModel: Sendable {
  public let encoder: TransformerEncoder

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    encoder = TransformerEncoder(
      embeddings: try Embeddings(distilBert: &weights, configuration: configuration),
      layers: try (0..<configuration.layerCount).map { index in
        try EncoderLayer(
          distilBert: &weights, key: "distilbert.transformer.layer.\(index)",
          configuration: configuration)
      })
  }
}

/// The first token's state through a dense layer and ReLU, the hidden layer of the classifier's head
/// (`pre_classifier`).
struct DistilBertPreClassifier: Sendable {
  let dense: Linear

  init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    dense = try weights.linear(
      "pre_classifier", inputs: configuration.hiddenSize, outputs: configuration.hiddenSize)
  }

  /// [sequences, hidden size] to the same.
  func callAsFunction(_ firstTokens: Matrix, workspace: Workspace) -> Matrix {
    let hidden = workspace.matrix(rows: firstTokens.rows, columns: dense.outputSize)
    dense(firstTokens, into: hidden, activation: .relu, workspace: workspace)
    return hidden
  }
}

/// A classifier of texts or pairs of texts: the labels' logits from the first token's state.
public struct DistilBertForSequenceClassification: SequenceClassificationModel {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  let preClassifier: DistilBertPreClassifier
  let classifier: Linear

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    self.configuration = configuration
    encoder = try DistilBertModel(&weights, configuration: configuration).encoder
    try weights.requireHead(
      .sequenceClassification, "classifier.weight", "pre_classifier.weight",
      configuration: configuration)
    preClassifier = try DistilBertPreClassifier(&weights, configuration: configuration)
    classifier = try weights.linear(
      "classifier", inputs: configuration.hiddenSize, outputs: configuration.labels.count)
  }

  public func logits(ofFirstTokens states: Matrix, workspace: Workspace) -> Matrix {
    let hidden = preClassifier(states, workspace: workspace)
    let logits = workspace.matrix(rows: hidden.rows, columns: classifier.outputSize)
    classifier(hidden, into: logits, workspace: workspace)
    workspace.lap(.head)
    return logits
  }
}

/// Finds hidden words.
public struct DistilBertForMaskedLM: MaskedLMModel {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  public let head: MaskedLMHead

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    self.configuration = configuration
    head = try MaskedLMHead(distilBert: &weights, configuration: configuration)
    encoder = try DistilBertModel(&weights, configuration: configuration).encoder
  }
}

extension MaskedLMHead {
  init(distilBert weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let size = configuration.hiddenSize
    try weights.requireHead(.maskedLM, "vocab_transform.weight", configuration: configuration)
    transform = try weights.linear("vocab_transform", inputs: size, outputs: size)
    activation = configuration.activation
    norm = try weights.layerNorm(
      "vocab_layer_norm", size: size, epsilon: Float(configuration.layerNormEpsilon))
    decoder = try weights.embeddingTable(
      "vocab_projector.weight", rows: configuration.vocabularySize, columns: size)
    bias = try weights.vector("vocab_projector.bias", count: configuration.vocabularySize)
  }
}

extension Embeddings {
  init(distilBert weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let size = configuration.hiddenSize
    words = try weights.embeddingTable(
      "distilbert.embeddings.word_embeddings.weight", rows: configuration.vocabularySize,
      columns: size)
    positions = try weights.weight(
      "distilbert.embeddings.position_embeddings.weight", rows: configuration.maxPositionEmbeddings,
      columns: size)
    tokenTypes = nil
    norm = try weights.layerNorm(
      "distilbert.embeddings.LayerNorm", size: size, epsilon: Float(configuration.layerNormEpsilon))
  }
}

extension EncoderLayer {
  init(distilBert weights: inout NamedWeights, key layer: String, configuration: ModelConfiguration)
    throws
  {
    let size = configuration.hiddenSize
    let wide = configuration.intermediateSize
    let epsilon = Float(configuration.layerNormEpsilon)
    self.init(
      query: try weights.encoderLinear("\(layer).attention.q_lin", inputs: size, outputs: size),
      key: try weights.encoderLinear("\(layer).attention.k_lin", inputs: size, outputs: size),
      value: try weights.encoderLinear("\(layer).attention.v_lin", inputs: size, outputs: size),
      attentionOutput: try weights.encoderLinear(
        "\(layer).attention.out_lin", inputs: size, outputs: size),
      attentionNorm: try weights.layerNorm("\(layer).sa_layer_norm", size: size, epsilon: epsilon),
      intermediate: try weights.encoderLinear("\(layer).ffn.lin1", inputs: size, outputs: wide),
      output: try weights.encoderLinear("\(layer).ffn.lin2", inputs: wide, outputs: size),
      outputNorm: try weights.layerNorm(
        "\(layer).output_layer_norm", size: size, epsilon: epsilon),
      configuration: configuration)
  }
}
