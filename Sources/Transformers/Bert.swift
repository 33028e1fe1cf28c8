public import Checkpoints
public import Tensors

/// BERT (Devlin et al., 2018): [BertModel], [BertForSequenceClassification], [BertForMaskedLM] and
/// [BertForNextSentencePrediction] in transformers.
///
/// [BertModel]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertModel
/// [BertForSequenceClassification]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForSequenceClassification
/// [BertForMaskedLM]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForMaskedLM
/// [BertForNextSentencePrediction]: https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertForNextSentencePrediction
public struct BertModel: Sendable {
  public let encoder: TransformerEncoder

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    encoder = TransformerEncoder(
      embeddings: try Embeddings(bert: &weights, configuration: configuration),
      layers: try (0..<configuration.layerCount).map { index in
        try EncoderLayer(
          bert: &weights, key: "bert.encoder.layer.\(index)", configuration: configuration)
      })
  }
}

/// The first token's state through a dense layer and tanh (`BertPooler`).
struct BertPooler: Sendable {
  let dense: Linear

  init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    dense = try weights.linear(
      "bert.pooler.dense", inputs: configuration.hiddenSize, outputs: configuration.hiddenSize)
  }

  /// [sequences, hidden size] to the same.
  func callAsFunction(_ firstTokens: Matrix, workspace: Workspace) -> Matrix {
    let pooled = workspace.matrix(rows: firstTokens.rows, columns: dense.outputSize)
    dense(firstTokens, into: pooled, activation: .tanh, workspace: workspace)
    return pooled
  }
}

/// A classifier of texts or pairs of texts: the labels' logits from the first token's state.
public struct BertForSequenceClassification: SequenceClassificationModel {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  let pooler: BertPooler
  let classifier: Linear

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    self.configuration = configuration
    encoder = try BertModel(&weights, configuration: configuration).encoder
    // Behind the encoder, without which it is no BERT at all. Not every class with a pooler has a
    // classifier, nor the other way round.
    try weights.requireHead(
      .sequenceClassification, "classifier.weight", "bert.pooler.dense.weight",
      configuration: configuration)
    pooler = try BertPooler(&weights, configuration: configuration)
    classifier = try weights.linear(
      "classifier", inputs: configuration.hiddenSize, outputs: configuration.labels.count)
  }

  public func logits(ofFirstTokens states: Matrix, workspace: Workspace) -> Matrix {
    let pooled = pooler(states, workspace: workspace)
    let logits = workspace.matrix(rows: pooled.rows, columns: classifier.outputSize)
    classifier(pooled, into: logits, workspace: workspace)
    workspace.lap(.head)
    return logits
  }
}

/// Opens checkpoints of `BertForPreTraining` too, whose other head is left alone.
public struct BertForMaskedLM: MaskedLMModel {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  public let head: MaskedLMHead

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    self.configuration = configuration
    head = try MaskedLMHead(bert: &weights, configuration: configuration)
    encoder = try BertModel(&weights, configuration: configuration).encoder
  }
}

/// Whether the second text of a pair follows the first: a classifier of two labels, ``labels``. Opens
/// checkpoints of `BertForPreTraining` too, whose other head is left alone.
public struct BertForNextSentencePrediction: SequenceClassificationModel {
  /// In the order of the logits.
  public static let labels = ["is_next", "not_next"]

  /// That of the checkpoint, but with the labels of this task.
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  let pooler: BertPooler
  let classifier: Linear

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let key = "cls.seq_relationship"
    try weights.requireHead(.nextSentence, "\(key).weight", configuration: configuration)
    classifier = try weights.linear(
      key, inputs: configuration.hiddenSize, outputs: Self.labels.count)
    pooler = try BertPooler(&weights, configuration: configuration)
    encoder = try BertModel(&weights, configuration: configuration).encoder
    var configuration = configuration
    configuration.labels = Self.labels
    configuration.problemType = .singleLabelClassification
    self.configuration = configuration
  }

  public func logits(ofFirstTokens states: Matrix, workspace: Workspace) -> Matrix {
    let pooled = pooler(states, workspace: workspace)
    let logits = workspace.matrix(rows: pooled.rows, columns: classifier.outputSize)
    classifier(pooled, into: logits, workspace: workspace)
    workspace.lap(.head)
    return logits
  }
}

extension MaskedLMHead {
  init(bert weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let size = configuration.hiddenSize
    let transform = "cls.predictions.transform"
    try weights.requireHead(.maskedLM, "\(transform).dense.weight", configuration: configuration)
    self.transform = try weights.linear("\(transform).dense", inputs: size, outputs: size)
    activation = configuration.activation
    norm = try weights.layerNorm(
      "\(transform).LayerNorm", size: size, epsilon: Float(configuration.layerNormEpsilon))
    decoder = try weights.embeddingTable(
      "cls.predictions.decoder.weight", rows: configuration.vocabularySize, columns: size)
    bias = try weights.vector("cls.predictions.decoder.bias", count: configuration.vocabularySize)
  }
}

extension Embeddings {
  init(bert weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let size = configuration.hiddenSize
    words = try weights.embeddingTable(
      "bert.embeddings.word_embeddings.weight", rows: configuration.vocabularySize, columns: size)
    positions = try weights.weight(
      "bert.embeddings.position_embeddings.weight", rows: configuration.maxPositionEmbeddings,
      columns: size)
    tokenTypes = try weights.weight(
      "bert.embeddings.token_type_embeddings.weight", rows: configuration.typeVocabularySize,
      columns: size)
    norm = try weights.layerNorm(
      "bert.embeddings.LayerNorm", size: size, epsilon: Float(configuration.layerNormEpsilon))
  }
}

extension EncoderLayer {
  init(bert weights: inout NamedWeights, key layer: String, configuration: ModelConfiguration)
    throws
  {
    let size = configuration.hiddenSize
    let wide = configuration.intermediateSize
    let epsilon = Float(configuration.layerNormEpsilon)
    self.init(
      query: try weights.encoderLinear(
        "\(layer).attention.self.query", inputs: size, outputs: size),
      key: try weights.encoderLinear("\(layer).attention.self.key", inputs: size, outputs: size),
      value: try weights.encoderLinear(
        "\(layer).attention.self.value", inputs: size, outputs: size),
      attentionOutput: try weights.encoderLinear(
        "\(layer).attention.output.dense", inputs: size, outputs: size),
      attentionNorm: try weights.layerNorm(
        "\(layer).attention.output.LayerNorm", size: size, epsilon: epsilon),
      intermediate: try weights.encoderLinear(
        "\(layer).intermediate.dense", inputs: size, outputs: wide),
      output: try weights.encoderLinear("\(layer).output.dense", inputs: wide, outputs: size),
      outputNorm: try weights.layerNorm("\(layer).output.LayerNorm", size: size, epsilon: epsilon),
      configuration: configuration)
  }
}
