public import Checkpoints
import Tensors

// From the names of a model's tensors to its layers: the same for all families.

extension TransformerEncoder {
  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    let names = ModelNames(configuration)
    embeddings = try Embeddings(names, &weights, configuration: configuration)
    layers = try names.layers.map { names in
      try EncoderLayer(names, &weights, configuration: configuration)
    }
  }
}

extension Embeddings {
  init(
    _ names: ModelNames, _ weights: inout NamedWeights, configuration: ModelConfiguration
  ) throws {
    let size = configuration.hiddenSize
    words = try weights.embeddingTable(
      names.words, rows: configuration.vocabularySize, columns: size)
    positions = try weights.weight(
      names.positions, rows: configuration.maxPositionEmbeddings, columns: size)
    positionPadding = configuration.positionPadding
    maxTokenCount = configuration.maxTokenCount
    tokenTypes = try names.tokenTypes.map { name in
      try weights.weight(name, rows: configuration.typeVocabularySize, columns: size)
    }
    norm = try weights.layerNorm(
      names.embeddingNorm, size: size, epsilon: Float(configuration.layerNormEpsilon))
  }
}

extension EncoderLayer {
  init(
    _ names: LayerParts<ModuleName>, _ weights: inout NamedWeights,
    configuration: ModelConfiguration
  ) throws {
    let size = configuration.hiddenSize
    let wide = configuration.intermediateSize
    let epsilon = Float(configuration.layerNormEpsilon)
    self.init(
      query: try weights.encoderLinear(names.query, inputs: size, outputs: size),
      key: try weights.encoderLinear(names.key, inputs: size, outputs: size),
      value: try weights.encoderLinear(names.value, inputs: size, outputs: size),
      attentionOutput: try weights.encoderLinear(
        names.attentionOutput, inputs: size, outputs: size),
      attentionNorm: try weights.layerNorm(names.attentionNorm, size: size, epsilon: epsilon),
      intermediate: try weights.encoderLinear(
        names.intermediate, inputs: size, outputs: wide, activation: configuration.activation),
      output: try weights.encoderLinear(names.output, inputs: wide, outputs: size),
      outputNorm: try weights.layerNorm(names.outputNorm, size: size, epsilon: epsilon),
      configuration: configuration)
  }
}

extension MaskedLMHead {
  init(
    _ names: ModelNames, _ weights: inout NamedWeights, configuration: ModelConfiguration
  ) throws {
    let size = configuration.hiddenSize
    try weights.requireHead(
      .maskedLM, names.transform.name.weight, configuration: configuration)
    transform = try weights.linear(
      names.transform.name, inputs: size, outputs: size, activation: names.transform.activation)
    norm = try weights.layerNorm(
      names.transformNorm, size: size, epsilon: Float(configuration.layerNormEpsilon))
    decoder = try weights.embeddingTable(
      names.decoder.weight, rows: configuration.vocabularySize, columns: size)
    bias = try weights.vector(names.decoder.bias, count: configuration.vocabularySize)
  }
}
