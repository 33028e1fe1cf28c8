import Checkpoints
public import Files
import Tensors
import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// How a linear classifier on an encoder's features becomes the head of a standard model: what
/// `BertForSequenceClassification` or another family's such class computes then is `W x + b`, for every
/// text.
///
/// The heads of these classes have a hidden layer before the last one, which ends in tanh (BERT) or ReLU
/// (DistilBERT), and see the first token only. By pooling:
/// - **pooler** and **pre-classifier**: `x` is what that layer gives; it is kept as it is in the
///   checkpoint, and only the last layer is new.
/// - **cls**: the layer is made to pass its input on. With tanh it is `tanh(ε x)`, and the last layer has
///   `W / ε`: a state behind a layer norm is no larger than `|γ| √size + |β|`, so there is a power of
///   two for ε that leaves `tanh(ε x) = ε x` to within float32 for all texts. With ReLU it is
///   `relu(x + s)`, where `s` is that bound, so that nothing is ever cut, and the last layer has
///   `b - W s`.
/// - **mean**: an encoder layer is added. Its queries and keys are 0, so that every token attends
///   to all tokens alike; values are the states themselves, so the first token gets their mean. The
///   output projection is 2²⁴ times the identity, beside which the residual of the first token is lost
///   in rounding, and the layer norm (weight 1, bias 0) gives the *layer-normalised* mean; its
///   feed-forward part is 0. Then as for cls. The features are these normalised means.
public struct LinearHead: Sendable {
  /// What the classifier reads.
  public enum Pooling: String, Sendable, CaseIterable {
    /// The mean over all tokens, layer-normalised.
    case mean
    /// The state of the first token.
    case cls
    /// The output of BERT's pooler.
    case pooler
    /// The hidden layer of a DistilBERT classifier.
    case preClassifier = "pre-classifier"
  }

  public let pooling: Pooling
  let encoder: StoredModel
  private let weights: NamedWeights
  private let names: ModelNames
  /// The pooler or pre-classifier that is kept: weight and bias.
  private let hiddenLayer: [StoredTensor]

  /// Takes the head that `config.json` and the pooling ask for.
  ///
  /// - Throws: `CheckpointError`, also for a pooler or pre-classifier that the model has not.
  public init(encoder folder: URL, pooling: Pooling) throws {
    try self.init(encoder: OpenedFolder(folder), pooling: pooling)
  }

  package init(encoder folder: OpenedFolder, pooling: Pooling) throws {
    self.pooling = pooling
    encoder = try StoredModel(folder: folder)
    let configuration = encoder.configuration
    weights = try encoder.weights()
    names = ModelNames(configuration)
    switch pooling {
    case .pooler: hiddenLayer = try Self.stored(of: names.pooler, names, weights, configuration)
    case .preClassifier:
      hiddenLayer = try Self.stored(of: names.preClassifier, names, weights, configuration)
    case .mean, .cls: hiddenLayer = []
    }
  }

  /// Weight and bias of a layer that may stand before the classifier's last one.
  private static func stored(
    of layer: ModelNames.Hidden?, _ names: ModelNames, _ weights: NamedWeights,
    _ configuration: ModelConfiguration
  ) throws -> [StoredTensor] {
    guard let layer, layer.activation == names.classifierHidden.activation else {
      throw CheckpointError(
        .missing, file: weights.path,
        "has no such layer, as models of \(configuration.family.name)",
        remedy: "take the pooling cls or mean")
    }
    var weights = weights
    let size = configuration.hiddenSize
    return [
      try weights.tensor(layer.name.weight, shape: [size, size]),
      try weights.tensor(layer.name.bias, shape: [size]),
    ]
  }

  /// Where the files of transformers are: in a folder of sentence-transformers perhaps in one inside,
  /// such as `0_Transformer`.
  ///
  /// - Throws: `CheckpointError`, also for a folder of sentence-transformers that is not supported, and
  ///   ``LinearHeadError/lowerCaseOutsideTokenizer(folder:)``.
  public static func encoderFolder(of folder: URL) throws -> URL {
    try encoderFolder(of: OpenedFolder(folder)).url
  }

  package static func encoderFolder(of folder: OpenedFolder) throws -> OpenedFolder {
    guard try SentenceModules.modelType(folder: folder) == "SentenceTransformer",
      let modules = try SentenceModules(folder: folder)
    else { return folder }
    // A standard model has its tokenizer's files alone to say so.
    let encoder = modules.encoderFiles
    if modules.encoder.lowersCase, try !BertTokenizer(folder: encoder, lowersCase: false).lowersCase
    {
      throw LinearHeadError.lowerCaseOutsideTokenizer(folder: encoder.url.path)
    }
    return encoder
  }

  /// What suits a folder best: of a folder of sentence-transformers its own pooling, of a classifier the
  /// hidden layer of its own head, which was trained to tell classes apart, and else the mean.
  ///
  /// That vectors are normalised there makes no difference of kind: `fit` has its own norms.
  ///
  /// - Throws: ``LinearHeadError/moduleWithoutHead(_:folder:)`` for a folder of sentence-transformers
  ///   whose vectors no standard head can take, and `CheckpointError`.
  public static func standardPooling(encoder folder: URL) throws -> Pooling {
    try standardPooling(encoder: OpenedFolder(folder))
  }

  package static func standardPooling(encoder folder: OpenedFolder) throws -> Pooling {
    if try SentenceModules.modelType(folder: folder) == "SentenceTransformer",
      let modules = try SentenceModules(folder: folder)
    {
      return try standardPooling(modules, folder.url)
    }
    let model = try StoredModel(folder: folder)
    let (weights, names) = (try model.weights(), ModelNames(model.configuration))
    guard weights.contains(names.classifier.weight),
      weights.contains(names.classifierHidden.name.weight)
    else { return .mean }
    return names.preClassifier == nil ? .pooler : .preClassifier
  }

  private static func standardPooling(
    _ modules: SentenceModules, _ folder: URL
  ) throws(LinearHeadError) -> Pooling {
    func refuse(_ module: String) -> LinearHeadError {
      .moduleWithoutHead(module, folder: folder.path)
    }
    if modules.weightedLayers != nil { throw refuse("WeightedLayerPooling") }
    for layer in modules.tokenLayers + modules.layers {
      switch layer {
      case .dense: throw refuse("Dense")
      case .layerNorm: throw refuse("LayerNorm")
      case .normalize: continue
      }
    }
    switch modules.pooling?.modes {
    case nil, [.mean]: return .mean
    case [.cls]: return .cls
    case let modes?:
      throw refuse("Pooling by \(modes.map(\.rawValue).joined(separator: ", "))")
    }
  }

  /// The vector that the last layer will see, of what ``pooling`` makes of a text: [hidden size] both.
  public func vector(_ pooled: [Float]) -> [Float] {
    guard pooling == .mean else { return pooled }
    let count = Double(pooled.count)
    let mean = pooled.reduce(0.0) { $0 + Double($1) } / count
    let variance = pooled.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let scale = 1 / (variance / count + 1e-24).squareRoot()
    return pooled.map { Float((Double($0) - mean) * scale) }
  }

  /// Layers of the model with this head.
  var layerCount: Int { configuration.layerCount + (pooling == .mean ? 1 : 0) }

  private var configuration: ModelConfiguration { encoder.configuration }
  private var size: Int { configuration.hiddenSize }

  /// All tensors of the model: the encoder's in the precision in which they are stored, the new ones in
  /// float32.
  func tensors(_ regression: LogisticRegression) throws -> [NewTensor] {
    var tensors = weights.names
      .filter(names.isOfEncoder)
      .map { NewTensor(name: $0, copying: weights[$0]!) }
    if pooling == .mean { tensors += meanLayer() }
    var rows = (0..<regression.weights.rows).map { Array(regression.weights.row($0)) }
    var intercepts = regression.intercepts
    let hidden = names.classifierHidden
    switch pooling {
    case .pooler, .preClassifier:
      tensors += zip([hidden.name.weight, hidden.name.bias], hiddenLayer)
        .map { NewTensor(name: $0, copying: $1) }
    case .mean, .cls:
      let bounds = try stateBounds()
      if hidden.activation == .tanh {
        let scale = Self.linearRange(of: bounds.max() ?? 1)
        tensors += passing(hidden.name, scale: Float(scale), bias: nil)
        rows = rows.map { $0.map { $0 / scale } }
      } else {
        tensors += passing(hidden.name, scale: 1, bias: bounds.map(Float.init))
        for (label, row) in rows.enumerated() {
          for (weight, bound) in zip(row, bounds) {
            // The bound as it is stored.
            intercepts[label] -= weight * Double(Float(bound))
          }
        }
      }
    }
    tensors.append(
      NewTensor(
        name: names.classifier.weight, shape: [rows.count, size],
        values: rows.joined().map(Float.init)))
    tensors.append(
      NewTensor(
        name: names.classifier.bias, shape: [rows.count], values: intercepts.map(Float.init)))
    return tensors.sorted { $0.name < $1.name }
  }

  /// The largest power of two by which states up to `bound` may be multiplied for tanh to be the
  /// identity in float32: `tanh x = x - x³ / 3 + …`.
  static func linearRange(of bound: Double) -> Double {
    var scale = 1.0
    while scale * bound > 4e-4 { scale /= 2 }
    return scale
  }

  /// What no element of a state behind the last layer norm can exceed: normalised, `size` numbers have
  /// the sum of squares `size`, so none is larger than its root.
  private func stateBounds() throws -> [Double] {
    let root = Double(size).squareRoot()
    guard pooling != .mean else { return [Double](repeating: root, count: size) }
    // Without a layer, the states are the embeddings'.
    let norm = names.layers.last?.outputNorm ?? names.embeddingNorm
    var weights = weights
    let gamma = try weights.tensor(norm.weight, shape: [size]).floats()
    let beta = try weights.tensor(norm.bias, shape: [size]).floats()
    return zip(gamma, beta).map { abs(Double($0)) * root + abs(Double($1)) }
  }

  private func passing(_ name: ModuleName, scale: Float, bias: [Float]?) -> [NewTensor] {
    var identity = [Float](repeating: 0, count: size * size)
    for index in 0..<size { identity[index * size + index] = scale }
    return [
      NewTensor(name: name.weight, shape: [size, size], values: identity),
      NewTensor(
        name: name.bias, shape: [size],
        values: bias ?? [Float](repeating: 0, count: size)),
    ]
  }

  private func zeros(_ name: ModuleName, inputs: Int, outputs: Int) -> [NewTensor] {
    [
      NewTensor(
        name: name.weight, shape: [outputs, inputs],
        values: [Float](repeating: 0, count: inputs * outputs)),
      NewTensor(
        name: name.bias, shape: [outputs], values: [Float](repeating: 0, count: outputs)),
    ]
  }

  private func norm(_ name: ModuleName, weight: Float) -> [NewTensor] {
    [
      NewTensor(
        name: name.weight, shape: [size], values: [Float](repeating: weight, count: size)),
      NewTensor(name: name.bias, shape: [size], values: [Float](repeating: 0, count: size)),
    ]
  }

  /// The layer behind the encoder's own that gives the first token the layer-normalised mean.
  private func meanLayer() -> [NewTensor] {
    let wide = configuration.intermediateSize
    let layer = ModelNames.layer(configuration.layerCount, of: configuration.family)
    // The second norm sees the variance 1, to which it adds its epsilon.
    let restored = Float((1 + configuration.layerNormEpsilon).squareRoot())
    return zeros(layer.query, inputs: size, outputs: size)
      + zeros(layer.key, inputs: size, outputs: size)
      + passing(layer.value, scale: 1, bias: nil)
      + passing(layer.attentionOutput, scale: 0x1p24, bias: nil)
      + norm(layer.attentionNorm, weight: 1)
      + zeros(layer.intermediate, inputs: size, outputs: wide)
      + zeros(layer.output, inputs: wide, outputs: size)
      + norm(layer.outputNorm, weight: restored)
  }
}

/// A classifier that cannot be a standard model.
public enum LinearHeadError: DescribedError, Sendable, Equatable {
  /// A folder of sentence-transformers with a module whose vectors no standard model has.
  case moduleWithoutHead(String, folder: String)
  /// A folder of sentence-transformers that lower-cases texts, with a tokenizer that does not.
  case lowerCaseOutsideTokenizer(folder: String)

  public var description: String {
    switch self {
    case .moduleWithoutHead(let module, let folder):
      """
      \(folder): its modules.json has \(module), which no standard classifier has before its head; \
      name the pooling to learn from, such as mean, and the module is left out
      """
    case .lowerCaseOutsideTokenizer(let folder):
      """
      \(folder): the configuration of sentence-transformers asks for do_lower_case, which a standard \
      classifier can only have from its tokenizer: set do_lower_case to true in tokenizer_config.json
      """
    }
  }
}
