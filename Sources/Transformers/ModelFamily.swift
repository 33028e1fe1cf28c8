import Tensors

/// A family of models: all that sets it apart from the others, said once.
///
/// Configuration, loading, training, saving and messages read it. A new family is a file beside those of
/// the others, which says what its `config.json`, its tensors and its classes are called, and a line in
/// ``all``.
public struct ModelFamily: Sendable {
  /// As people write it: `DistilBERT`.
  public var name: String
  /// `model_type` in `config.json`: `distilbert`.
  public var modelType: String
  /// What its classes' names in transformers begin with: `DistilBert`.
  package var classPrefix: String
  /// What they end in, by the heads they have: the class that a model with only this head is saved as
  /// comes first.
  package var classEndings: [Head: [String]]
  /// The class in transformers of the tokenizer that belongs to it.
  package var tokenizerClass: String
  /// The shape of the base model that was published first, by the name that people know.
  package var published: (name: String, configuration: String)
  /// The `model_type` of the small models that learn from its models; nil for its own.
  package var studentType: String?

  package var keys: ConfigurationKeys
  /// Which row of the position embeddings a sequence's first token has.
  package var firstPosition: FirstPosition = .zero
  package var encoder: EncoderNames
  /// What makes one vector of the first token's state in the encoder's own class.
  package var pooler: HiddenLayerName?
  package var classifier: ClassifierNames
  /// The classifier of whether a text follows another, behind the pooler.
  package var nextSentence: String?
  package var maskedLM: MaskedLMNames
  /// In training, whether elements of the attention's output are dropped before they are added to what
  /// went in.
  package var dropsAttentionOutput = true
}

extension ModelFamily {
  /// The families that this package runs.
  public static let all: [ModelFamily] = [
    .bert,
    .distilBert,
    .roberta,
    .xlmRoberta,
    .camembert,
  ]

  /// The family with this `model_type`.
  public init?(modelType: String) {
    guard let family = Self.all.first(where: { $0.modelType == modelType }) else { return nil }
    self = family
  }

  /// The family of a class in transformers.
  init?(ofClass name: String) {
    guard let family = Self.all.first(where: { name.hasPrefix($0.classPrefix) }) else { return nil }
    self = family
  }

  /// The classes in transformers whose checkpoints have `head`.
  package func classes(with head: Head) -> [String] {
    (classEndings[head] ?? []).map { classPrefix + $0 }
  }

  /// What the small models that learn from its models are of.
  package var student: ModelFamily {
    studentType.flatMap { ModelFamily(modelType: $0) } ?? self
  }

  /// Whether its classifiers have a hidden layer of their own, and not the pooler.
  package var hasPreClassifier: Bool { classifier.hidden != nil }

  /// Whether its models tell the texts of a pair apart by token types.
  package var hasTokenTypes: Bool { encoder.tokenTypes != nil }
}

extension ModelFamily: Equatable {
  public static func == (left: Self, right: Self) -> Bool { left.modelType == right.modelType }
}

/// Which row of the position embeddings the first token of a sequence has.
package enum FirstPosition: Sendable {
  case zero
  /// That behind the row with the number of the padding token's id, which padding has.
  case behindPadding
}

/// Where `config.json` of a family has a setting, and what holds where it has none.
package struct ConfigurationKeys: Sendable {
  package struct Key<Value: Sendable>: Sendable {
    /// The first that is there counts. Without a name, ``standard`` always holds.
    var names: [String]
    var standard: Value

    init(_ names: String..., standard: Value) {
      self.names = names
      self.standard = standard
    }
  }

  var vocabularySize: Key<Int>
  var hiddenSize: Key<Int>
  var layerCount: Key<Int>
  var headCount: Key<Int>
  var intermediateSize: Key<Int>
  var activation: Key<Activation>
  var layerNormEpsilon: Key<Double>
  var maxPositionEmbeddings: Key<Int>
  var typeVocabularySize: Key<Int>
  var padTokenID: Key<Int>
  var hiddenDropout: Key<Double>
  var attentionDropout: Key<Double>
  /// Nil for as much as ``hiddenDropout``.
  var classifierDropout: Key<Double?>
  /// Settings that are true or false, and change nothing that is computed here.
  var flags: [String] = []
}

/// The names of an encoder's tensors without the ``prefix`` that they all begin with.
package struct EncoderNames: Sendable {
  var prefix: String
  var words: String
  var positions: String
  var tokenTypes: String?
  var norm: String
  /// Of all layers; behind it come a layer's number and the names of its modules.
  var layers: String
  var layer: LayerParts<String>
}

/// A dense layer with an activation.
package struct HiddenLayerName: Sendable {
  var name: String
  var activation: Activation
}

/// The classifier of a text: from the first token's state through a hidden layer to the labels.
package struct ClassifierNames: Sendable {
  /// Nil for the encoder's pooler.
  var hidden: HiddenLayerName?
  var last: String
  /// In training, whether elements of the first token's state are dropped too, before the hidden layer.
  package var dropsInput = false
}

/// The head of a masked language model: names without the ``root`` that they all begin with.
package struct MaskedLMNames: Sendable {
  var root = ""
  var transform: String
  /// Nil for that of the layers.
  var activation: Activation?
  var norm: String
  var decoder: String
  /// A second name of the decoder's bias, which is what it is saved under where the decoder shares the
  /// word embeddings' matrix.
  var bias: String?
}

/// The modules of a transformer layer, in the order in which data flows: their names, or what stands for
/// each of them.
package struct LayerParts<Part> {
  package var query: Part
  package var key: Part
  package var value: Part
  package var attentionOutput: Part
  package var attentionNorm: Part
  package var intermediate: Part
  package var output: Part
  package var outputNorm: Part

  package init(
    query: Part, key: Part, value: Part, attentionOutput: Part, attentionNorm: Part,
    intermediate: Part, output: Part, outputNorm: Part
  ) {
    self.query = query
    self.key = key
    self.value = value
    self.attentionOutput = attentionOutput
    self.attentionNorm = attentionNorm
    self.intermediate = intermediate
    self.output = output
    self.outputNorm = outputNorm
  }

  package var all: [Part] {
    [query, key, value, attentionOutput, attentionNorm, intermediate, output, outputNorm]
  }

  package func map<Other>(_ transform: (Part) throws -> Other) rethrows -> LayerParts<Other> {
    try LayerParts<Other>(
      query: transform(query), key: transform(key), value: transform(value),
      attentionOutput: transform(attentionOutput), attentionNorm: transform(attentionNorm),
      intermediate: transform(intermediate), output: transform(output),
      outputNorm: transform(outputNorm))
  }
}

extension LayerParts: Sendable where Part: Sendable {}
