public import Checkpoints
public import Tensors

/// The name of a linear layer or a layer norm, which has two tensors.
package struct ModuleName: Sendable, Hashable, CustomStringConvertible {
  package let description: String

  package init(_ name: String) { description = name }

  package var weight: String { "\(description).weight" }
  package var bias: String { "\(description).bias" }

  /// Whether a tensor is one of its two.
  package func has(_ tensor: String) -> Bool { tensor == weight || tensor == bias }
}

/// The names of all tensors of a model of one configuration, as its class in transformers has them: what
/// the family's description comes to.
package struct ModelNames: Sendable {
  package struct Hidden: Sendable {
    package let name: ModuleName
    package let activation: Activation
  }

  package let words: String
  package let positions: String
  package let tokenTypes: String?
  package let embeddingNorm: ModuleName
  package let layers: [LayerParts<ModuleName>]
  package let pooler: Hidden?
  /// The classifier's hidden layer, where it is not the pooler.
  package let preClassifier: Hidden?
  package let classifierHidden: Hidden
  package let classifier: ModuleName
  package let nextSentence: ModuleName?
  package let transform: Hidden
  package let transformNorm: ModuleName
  package let decoder: ModuleName
  /// The tensors that a model in training has: a decoder that shares the words' matrix is none of its
  /// own.
  package let savedDecoder: String
  package let savedDecoderBias: String

  private let family: ModelFamily

  package init(_ configuration: ModelConfiguration) {
    let family = configuration.family
    let encoder = family.encoder
    let root = family.maskedLM.root
    func name(_ part: String) -> String { "\(encoder.prefix).\(part)" }
    func headName(_ part: String) -> String { root.isEmpty ? part : "\(root).\(part)" }
    self.family = family
    words = name(encoder.words)
    positions = name(encoder.positions)
    tokenTypes = encoder.tokenTypes.map(name)
    embeddingNorm = ModuleName(name(encoder.norm))
    layers = (0..<configuration.layerCount).map { Self.layer($0, of: encoder) }
    pooler = family.pooler.map { pooler in
      Hidden(name: ModuleName(name(pooler.name)), activation: pooler.activation)
    }
    preClassifier = family.classifier.hidden.map { hidden in
      Hidden(name: ModuleName(hidden.name), activation: hidden.activation)
    }
    guard let hidden = preClassifier ?? pooler else {
      preconditionFailure("\(family.name) has neither a pooler nor a classifier's hidden layer")
    }
    classifierHidden = hidden
    classifier = ModuleName(family.classifier.last)
    nextSentence = family.nextSentence.map(ModuleName.init)
    transform = Hidden(
      name: ModuleName(headName(family.maskedLM.transform)),
      activation: family.maskedLM.activation ?? configuration.activation)
    transformNorm = ModuleName(headName(family.maskedLM.norm))
    decoder = ModuleName(headName(family.maskedLM.decoder))
    let isTied = configuration.tieWordEmbeddings
    savedDecoder = isTied ? words : decoder.weight
    // With a decoder of its own, a second name is not read.
    let bias = family.maskedLM.bias.map(headName)
    savedDecoderBias = isTied ? bias ?? decoder.bias : decoder.bias
  }

  /// The modules of a layer by its number, which may be one behind the last.
  package static func layer(
    _ index: Int, of family: ModelFamily
  ) -> LayerParts<ModuleName> {
    layer(index, of: family.encoder)
  }

  private static func layer(_ index: Int, of encoder: EncoderNames) -> LayerParts<ModuleName> {
    encoder.layer.map { ModuleName("\(encoder.prefix).\(encoder.layers).\(index).\($0)") }
  }

  /// Whether a tensor is of the encoder, and neither of a head nor of the pooler.
  package func isOfEncoder(_ name: String) -> Bool {
    name.hasPrefix("\(family.encoder.prefix).")
      && !(family.poolerPart.map { name.hasPrefix("\($0).") } ?? false)
  }
}

extension ModelFamily {
  /// The pooler's module, of which the dense layer is a part: `bert.pooler`
  fileprivate var poolerPart: String? {
    pooler.map { "\(encoder.prefix).\(Self.first(of: $0.name))" }
  }

  fileprivate static func first(of name: String) -> Substring { name.prefix { $0 != "." } }

  /// How checkpoints name its tensors.
  func naming(tiesWords: Bool) -> TensorNaming {
    let head = maskedLM
    func headName(_ part: String) -> String { head.root.isEmpty ? part : "\(head.root).\(part)" }
    let encoderNames =
      [encoder.words, encoder.layers, encoder.norm] + [pooler?.name].compactMap { $0 }
    let headNames =
      [head.transform, head.norm, head.decoder].map(headName)
      + [nextSentence].compactMap { $0 }
    var tied: [String: String] = [:]
    if let bias = head.bias {
      // One parameter under two names, tied whatever the configuration says.
      let (bias, decoderBias) = (headName(bias), ModuleName(headName(head.decoder)).bias)
      tied = [bias: decoderBias, decoderBias: bias]
    }
    if tiesWords {
      tied[ModuleName(headName(head.decoder)).weight] = "\(encoder.prefix).\(encoder.words)"
    }
    return TensorNaming(
      encoderPrefix: "\(encoder.prefix).",
      encoderParts: encoderNames.map { "\(Self.first(of: $0))." },
      wrappers: Self.wrappers, olderEndings: Self.olderEndings, bufferEndings: Self.bufferEndings,
      parts: [poolerPart, head.root.isEmpty ? nil : head.root, nextSentence].compactMap { $0 },
      otherUses: Self.otherUses + headNames.map { "\(Self.first(of: $0))." }
        + [poolerPart].compactMap { $0.map { "\($0)." } },
      tied: tied)
  }

  // What transformers and others do alike with the names of all families.

  /// Of DataParallel, Lightning and torch.compile.
  private static let wrappers = ["module.", "model.", "_orig_mod."]
  /// TensorFlow's words, which transformers used at first.
  private static let olderEndings = [
    (old: "LayerNorm.gamma", new: "LayerNorm.weight"),
    (old: "LayerNorm.beta", new: "LayerNorm.bias"),
  ]
  private static let bufferEndings = ["embeddings.position_ids", "embeddings.token_type_ids"]
  /// The head of question answering, and the weights of classes in a loss.
  private static let otherUses = ["qa_outputs.", "loss_fct.", "loss_fn.", "criterion."]
}

extension NamedWeights {
  /// The checkpoint's tensors under the names of the configuration's family.
  ///
  /// - Throws: `CheckpointError` where two tensors come to the same name.
  public init(
    _ checkpoint: Checkpoint, configuration: ModelConfiguration,
    layers: LinearOptions = LinearOptions()
  ) throws(CheckpointError) {
    try self.init(checkpoint, naming: configuration.naming, layers: layers)
  }

  /// Weights that are made up, for models that only have to take their time.
  public init(
    randomFor configuration: ModelConfiguration, layers: LinearOptions = LinearOptions(),
    seed: UInt64 = 0
  ) {
    self.init(randomFor: configuration.naming, layers: layers, seed: seed)
  }
}

extension ModelConfiguration {
  fileprivate var naming: TensorNaming { family.naming(tiesWords: tieWordEmbeddings) }
}
