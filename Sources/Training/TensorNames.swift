import Checkpoints
import Tensors

/// The names of a model's tensors, as its class in transformers has them, and how they lie in memory.
struct TensorNames {
  /// A transformer layer's modules.
  struct Layer {
    let query, key, value, attentionOutput, attentionNorm, intermediate, output, outputNorm: String

    /// In the same order for every family.
    var modules: [String] {
      [query, key, value, attentionOutput, attentionNorm, intermediate, output, outputNorm]
    }

    init(_ index: Int, family: ModelConfiguration.Family) {
      switch family {
      case .bert:
        let layer = "bert.encoder.layer.\(index)"
        query = "\(layer).attention.self.query"
        key = "\(layer).attention.self.key"
        value = "\(layer).attention.self.value"
        attentionOutput = "\(layer).attention.output.dense"
        attentionNorm = "\(layer).attention.output.LayerNorm"
        intermediate = "\(layer).intermediate.dense"
        output = "\(layer).output.dense"
        outputNorm = "\(layer).output.LayerNorm"
      case .distilBert:
        let layer = "distilbert.transformer.layer.\(index)"
        query = "\(layer).attention.q_lin"
        key = "\(layer).attention.k_lin"
        value = "\(layer).attention.v_lin"
        attentionOutput = "\(layer).attention.out_lin"
        attentionNorm = "\(layer).sa_layer_norm"
        intermediate = "\(layer).ffn.lin1"
        output = "\(layer).ffn.lin2"
        outputNorm = "\(layer).output_layer_norm"
      }
    }
  }

  let words, positions, embeddingNorm: String
  /// Of BERT alone.
  let tokenTypes: String?
  let layers: [Layer]
  /// The hidden layer of the classifier: BERT's pooler, DistilBERT's pre_classifier.
  let pooler: String
  let classifier = "classifier"
  /// The masked-LM head.
  let transform, transformNorm, decoder, decoderBias: String

  init(_ configuration: ModelConfiguration) {
    let embeddings = "\(configuration.family.rawValue).embeddings"
    words = "\(embeddings).word_embeddings.weight"
    positions = "\(embeddings).position_embeddings.weight"
    embeddingNorm = "\(embeddings).LayerNorm"
    layers = (0..<configuration.layerCount).map { Layer($0, family: configuration.family) }
    switch configuration.family {
    case .bert:
      tokenTypes = "\(embeddings).token_type_embeddings.weight"
      pooler = "bert.pooler.dense"
      transform = "cls.predictions.transform.dense"
      transformNorm = "cls.predictions.transform.LayerNorm"
      decoder = configuration.tieWordEmbeddings ? words : "cls.predictions.decoder.weight"
      // The name that transformers saves; with a decoder of its own the other one is not read.
      decoderBias =
        configuration.tieWordEmbeddings ? "cls.predictions.bias" : "cls.predictions.decoder.bias"
    case .distilBert:
      tokenTypes = nil
      pooler = "pre_classifier"
      transform = "vocab_transform"
      transformNorm = "vocab_layer_norm"
      decoder = configuration.tieWordEmbeddings ? words : "vocab_projector.weight"
      decoderBias = "vocab_projector.bias"
    }
  }

  /// All tensors of a model with this head.
  func layout(_ configuration: ModelConfiguration, head: TrainableModel.Head) -> ParameterLayout {
    let size = configuration.hiddenSize
    var layout = ParameterLayout()
    layout.append(words, shape: [configuration.vocabularySize, size], isDecayed: true)
    layout.append(positions, shape: [configuration.maxPositionEmbeddings, size], isDecayed: true)
    if let tokenTypes {
      layout.append(tokenTypes, shape: [configuration.typeVocabularySize, size], isDecayed: true)
    }
    layout.appendNorm(embeddingNorm, size: size)
    for layer in layers {
      // Joined, the three projections are one product.
      let projections = [layer.query, layer.key, layer.value]
      for (index, name) in projections.enumerated() {
        layout.append("\(name).weight", shape: [size, size], isDecayed: true, joined: index > 0)
      }
      for (index, name) in projections.enumerated() {
        layout.append("\(name).bias", shape: [size], isDecayed: false, joined: index > 0)
      }
      layout.appendLinear(layer.attentionOutput, inputs: size, outputs: size)
      layout.appendNorm(layer.attentionNorm, size: size)
      layout.appendLinear(
        layer.intermediate, inputs: size, outputs: configuration.intermediateSize)
      layout.appendLinear(layer.output, inputs: configuration.intermediateSize, outputs: size)
      layout.appendNorm(layer.outputNorm, size: size)
    }
    switch head {
    case .sequenceClassification:
      layout.appendLinear(pooler, inputs: size, outputs: size)
      layout.appendLinear(classifier, inputs: size, outputs: configuration.labels.count)
    case .maskedLM:
      layout.appendLinear(transform, inputs: size, outputs: size)
      layout.appendNorm(transformNorm, size: size)
      if decoder != words {
        layout.append(decoder, shape: [configuration.vocabularySize, size], isDecayed: true)
      }
      layout.append(decoderBias, shape: [configuration.vocabularySize], isDecayed: false)
    }
    return layout
  }
}

extension ParameterLayout {
  fileprivate mutating func appendLinear(_ name: String, inputs: Int, outputs: Int) {
    append("\(name).weight", shape: [outputs, inputs], isDecayed: true)
    append("\(name).bias", shape: [outputs], isDecayed: false)
  }

  fileprivate mutating func appendNorm(_ name: String, size: Int) {
    append("\(name).weight", shape: [size], isDecayed: false)
    append("\(name).bias", shape: [size], isDecayed: false)
  }
}
