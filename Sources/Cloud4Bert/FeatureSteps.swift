import Checkpoints
import Inference
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// From a packed batch to vectors: the encoder, layers on the states of tokens, pooling, layers on the
/// pooled vectors.
struct FeatureSteps: Sendable {
  typealias Pooling = FeatureExtractor.Pooling

  private enum Source: Sendable {
    /// The states behind so many layers.
    case depth(Int)
    /// The weighted mean of the states from a layer on.
    case weighted([Float], from: Int)
  }

  private let model: FeatureModel
  private let source: Source
  private let tokenLayers: [SentenceLayer]
  /// Each gives a part of the vector; ``FeatureExtractor/Pooling/none`` stands alone.
  let poolings: [Pooling]
  /// Whether a text has one vector, and not one for each token.
  var isPooled: Bool { poolings != [.none] }
  /// Tokens at the beginning that pooling leaves out.
  private(set) var promptTokens: Int
  private let layers: [SentenceLayer]
  private let normalizes: Bool
  /// The length of the vectors before they are cut to ``size``.
  private let fullSize: Int
  /// The length of a vector.
  let size: Int
  private let folder: String
  let names: [String]

  /// - Parameters:
  ///   - files: Of which the encoder's weights are taken.
  ///   - modules: Of a folder of sentence-transformers.
  ///   - promptTokens: Tokens at the beginning that pooling leaves out.
  init(
    _ files: inout ModelFiles, folder: URL, modules: SentenceModules?,
    options: FeatureExtractor.Options, promptTokens: Int
  ) throws {
    let configuration = files.configuration
    self.folder = folder.path
    self.promptTokens = promptTokens
    let depth = try Self.depth(options.layer ?? -1, layers: configuration.layerCount)
    if options.layer == nil, let weighted = modules?.weightedLayers {
      source = .weighted(
        try weighted.weights(layerCount: configuration.layerCount), from: weighted.start)
    } else {
      source = .depth(depth)
    }
    model = try FeatureModel(&files.weights, configuration: configuration)
    if options.pooling != .automatic {
      poolings = [options.pooling]
    } else if let modules {
      guard let pooling = modules.pooling else {
        throw FeatureError.noPoolingModule(folder: folder.path)
      }
      poolings = pooling.modes.map(Pooling.init)
    } else {
      poolings = [.mean]
    }
    try Self.check(options.pooling, model, isLastLayer: depth == configuration.layerCount, folder)

    var width = configuration.hiddenSize
    // The pooler and the hidden layer of a classifier read the encoder's own states.
    let isOwn = poolings == [.pooler] || poolings == [.preClassifier]
    tokenLayers = try Self.layers(isOwn ? [] : modules?.tokenLayers ?? [], width: &width)
    width *= poolings.count
    var given = poolings == [.none] ? [] : modules?.layers ?? []
    if options.normalize == false {
      while given.last == .normalize { given.removeLast() }
    }
    layers = try Self.layers(given, width: &width)
    normalizes = options.normalize ?? false
    fullSize = width
    let own = poolings == [.none] ? nil : modules?.prompts.truncatedSize
    let wanted = options.truncatedSize ?? own.map { min($0, width) }
    if let wanted, !(1...width).contains(wanted) {
      throw FeatureError.truncatedSizeOutOfRange(requested: wanted, size: width)
    }
    size = wanted ?? width

    var names: [String] = []
    if case .weighted(_, let start) = source {
      names.append("mean of the layers from \(start) on, weighted")
    } else if depth < configuration.layerCount {
      names.append("layer \(depth)")
    }
    if !isOwn { names += modules?.tokenLayers.map { "\($0.name) of each token" } ?? [] }
    names.append("pooling \(poolings.map(\.rawValue).joined(separator: " + "))")
    if promptTokens > 0 { names[names.count - 1] += " without the prompt" }
    names += given.map(\.name)
    if size < fullSize { names.append("the first \(size) of \(fullSize) numbers") }
    if normalizes { names.append("Normalize") }
    self.names = names
  }

  /// The same where another prompt of so many tokens is put before texts.
  func leavingOut(promptTokens: Int) -> FeatureSteps {
    var steps = self
    steps.promptTokens = promptTokens
    return steps
  }

  private static func depth(_ layer: Int, layers: Int) throws -> Int {
    let depth = layer < 0 ? layer + layers + 1 : layer
    guard (0...layers).contains(depth) else {
      throw FeatureError.layerOutOfRange(requested: layer, layers: layers)
    }
    return depth
  }

  private static func check(
    _ pooling: Pooling, _ model: FeatureModel, isLastLayer: Bool, _ folder: URL
  ) throws {
    let family = model.configuration.family
    switch pooling {
    case .pooler where !model.hasPooler:
      throw family.pooler == nil
        ? FeatureError.noPoolerInFamily(family.name, folder: folder.path)
        : FeatureError.noPoolerStored(folder: folder.path)
    case .preClassifier where !model.hasPreClassifier:
      throw family.hasPreClassifier
        ? FeatureError.noPreClassifierStored(folder: folder.path)
        : FeatureError.noPreClassifierInFamily(family.name, folder: folder.path)
    case .pooler where !isLastLayer, .preClassifier where !isLastLayer:
      throw FeatureError.poolingOfLastLayerOnly(pooling)
    default: break
    }
  }

  private static func layers(
    _ given: [SentenceModules.Layer], width: inout Int
  ) throws -> [SentenceLayer] {
    var layers: [SentenceLayer] = []
    for layer in given {
      let layer = try SentenceLayer(layer, inputSize: width)
      width = layer.outputSize(inputSize: width)
      layers.append(layer)
    }
    return layers
  }

  /// [sequences, size], and without pooling [tokens, size]. The matrix lives in `workspace` until its
  /// next reset.
  func callAsFunction(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    var vectors = try pooled(batch, workspace: workspace)
    for layer in layers { vectors = layer(vectors, workspace: workspace) }
    if size < fullSize { vectors = vectors.columns(0..<size) }
    if normalizes { vectors.normalizeRows() }
    return vectors
  }

  private func pooled(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    switch poolings {
    case [.pooler]: return try model.poolerOutput(batch, workspace: workspace)
    case [.preClassifier]: return try model.preClassifierOutput(batch, workspace: workspace)
    case [.cls]:
      // For less work than all tokens' states, where nothing else reads those.
      if case .depth(let depth) = source, tokenLayers.isEmpty, promptTokens == 0 {
        return try model.encoder.firstTokens(batch, depth: depth, workspace: workspace)
      }
    default: break
    }
    let states = try states(batch, workspace: workspace)
    if poolings == [.none] { return states }
    let width = states.columns
    let pooled = workspace.matrix(rows: batch.sequenceCount, columns: width * poolings.count)
    for (part, pooling) in poolings.enumerated() {
      let columns = pooled.columns(part * width..<(part + 1) * width)
      for sequence in 0..<batch.sequenceCount {
        try pool(batch.tokens(of: sequence), of: states, by: pooling, into: columns, row: sequence)
      }
    }
    return pooled
  }

  private func states(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    var states =
      switch source {
      case .depth(let depth):
        try model.encoder.hiddenStates(batch, depth: depth, workspace: workspace)
      case .weighted(let weights, let start):
        try model.encoder.weightedStates(batch, weights: weights, from: start, workspace: workspace)
      }
    for layer in tokenLayers { states = layer(states, workspace: workspace) }
    return states
  }

  /// As sentence-transformers' `Pooling`, also where no token is left beside the prompt's.
  private func pool(
    _ tokens: Range<Int>, of states: Matrix, by pooling: Pooling, into pooled: Matrix, row: Int
  ) throws {
    let counted = tokens.dropFirst(promptTokens)
    guard !counted.isEmpty else {
      switch pooling {
      case .cls: pooled.copyRow(tokens.lowerBound, of: states, to: row)
      case .max: throw FeatureError.nothingBehindPrompt(folder: folder)
      default: pooled.setRow(row, to: 0)
      }
      return
    }
    switch pooling {
    case .cls: pooled.copyRow(counted.lowerBound, of: states, to: row)
    case .lastToken: pooled.copyRow(counted.upperBound - 1, of: states, to: row)
    case .mean: pooled.setRow(row, toMeanOf: counted, in: states)
    case .max: pooled.setRow(row, toMaximumOf: counted, in: states)
    case .meanSqrtLength: pooled.setRow(row, toMeanBySquareRootOf: counted, in: states)
    case .weightedMean:
      pooled.setRow(row, toMeanOf: counted, in: states, weightsFrom: promptTokens + 1)
    case .automatic, .pooler, .preClassifier, .none:
      preconditionFailure("no pooling over tokens")
    }
  }
}

extension FeatureExtractor.Pooling {
  init(_ mode: SentenceModules.PoolingMode) {
    switch mode {
    case .cls: self = .cls
    case .max: self = .max
    case .mean: self = .mean
    case .meanSqrtLength: self = .meanSqrtLength
    case .weightedMean: self = .weightedMean
    case .lastToken: self = .lastToken
    }
  }
}

extension SentenceModules.Layer {
  /// For a person.
  fileprivate var name: String {
    switch self {
    case .dense(let dense):
      "Dense \(dense.inputSize) to \(dense.outputSize), \(dense.activation.name)"
        + (dense.hasResidual ? ", with a residual" : "")
    case .layerNorm: "LayerNorm"
    case .normalize: "Normalize"
    }
  }
}
