import Tensors
import Transformers

/// The two tensors of a linear layer or layer norm in training.
struct ModuleEntry {
  let weight: ParameterLayout.Entry
  let bias: ParameterLayout.Entry
}

/// Where the tensors of a model in training lie in its memory.
struct ModelEntries {
  /// From the first token's state through a hidden layer to the labels.
  struct Classifier {
    let hidden: ModuleEntry
    let last: ModuleEntry
  }

  struct MaskedLM {
    let transform: ModuleEntry
    let norm: ModuleEntry
    /// Mostly that of the words themselves.
    let decoder: ParameterLayout.Entry
    let bias: ParameterLayout.Entry
  }

  let layout: ParameterLayout
  let words: ParameterLayout.Entry
  let positions: ParameterLayout.Entry
  let tokenTypes: ParameterLayout.Entry?
  let embeddingNorm: ModuleEntry
  let layers: [LayerParts<ModuleEntry>]
  private(set) var classifier: Classifier?
  private(set) var maskedLM: MaskedLM?

  /// All tensors of a model with this head.
  init(_ configuration: ModelConfiguration, names: ModelNames, head: TrainableModel.Head) {
    let size = configuration.hiddenSize
    let vocabulary = configuration.vocabularySize
    var layout = ParameterLayout()
    words = layout.append(names.words, shape: [vocabulary, size], isDecayed: true)
    positions = layout.append(
      names.positions, shape: [configuration.maxPositionEmbeddings, size], isDecayed: true)
    tokenTypes = names.tokenTypes.map { name in
      layout.append(name, shape: [configuration.typeVocabularySize, size], isDecayed: true)
    }
    embeddingNorm = layout.appendNorm(names.embeddingNorm, size: size)
    layers = names.layers.map { names in
      layout.append(names, size: size, wide: configuration.intermediateSize)
    }
    switch head {
    case .sequenceClassification:
      classifier = Classifier(
        hidden: layout.appendLinear(names.classifierHidden.name, inputs: size, outputs: size),
        last: layout.appendLinear(
          names.classifier, inputs: size, outputs: configuration.labels.count))
    case .maskedLM:
      let transform = layout.appendLinear(names.transform.name, inputs: size, outputs: size)
      let norm = layout.appendNorm(names.transformNorm, size: size)
      let decoder =
        names.savedDecoder == names.words
        ? words : layout.append(names.savedDecoder, shape: [vocabulary, size], isDecayed: true)
      maskedLM = MaskedLM(
        transform: transform, norm: norm, decoder: decoder,
        bias: layout.append(names.savedDecoderBias, shape: [vocabulary], isDecayed: false))
    }
    self.layout = layout
  }
}

extension ParameterLayout {
  fileprivate mutating func appendLinear(
    _ name: ModuleName, inputs: Int, outputs: Int
  ) -> ModuleEntry {
    ModuleEntry(
      weight: append(name.weight, shape: [outputs, inputs], isDecayed: true),
      bias: append(name.bias, shape: [outputs], isDecayed: false))
  }

  fileprivate mutating func appendNorm(_ name: ModuleName, size: Int) -> ModuleEntry {
    ModuleEntry(
      weight: append(name.weight, shape: [size], isDecayed: false),
      bias: append(name.bias, shape: [size], isDecayed: false))
  }

  fileprivate mutating func append(
    _ names: LayerParts<ModuleName>, size: Int, wide: Int
  ) -> LayerParts<ModuleEntry> {
    // Joined, the three projections are one product.
    let projections = [names.query, names.key, names.value]
    let weights = projections.enumerated().map { index, name in
      append(name.weight, shape: [size, size], isDecayed: true, joined: index > 0)
    }
    let biases = projections.enumerated().map { index, name in
      append(name.bias, shape: [size], isDecayed: false, joined: index > 0)
    }
    return LayerParts(
      query: ModuleEntry(weight: weights[0], bias: biases[0]),
      key: ModuleEntry(weight: weights[1], bias: biases[1]),
      value: ModuleEntry(weight: weights[2], bias: biases[2]),
      attentionOutput: appendLinear(names.attentionOutput, inputs: size, outputs: size),
      attentionNorm: appendNorm(names.attentionNorm, size: size),
      intermediate: appendLinear(names.intermediate, inputs: size, outputs: wide),
      output: appendLinear(names.output, inputs: wide, outputs: size),
      outputNorm: appendNorm(names.outputNorm, size: size))
  }
}

extension Parameters {
  func layerNorm(_ entry: ModuleEntry, _ configuration: ModelConfiguration) -> LayerNorm {
    LayerNorm(
      weight: vector(entry.weight), bias: vector(entry.bias),
      epsilon: Float(configuration.layerNormEpsilon))
  }
}

extension Gradients {
  func matrix(_ entry: ParameterLayout.Entry) -> Matrix { values.matrix(entry) }
}
