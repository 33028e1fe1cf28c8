import Checkpoints
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Turns texts into vectors with a BERT or DistilBERT encoder, on the CPU: for search, clustering and
/// classifiers of any kind.
///
///     let extractor = try FeatureExtractor(folder: folder, options: .init(normalize: true))
///     let features = try extractor.features(of: "How do I unmarshal JSON?")
///     print(features.values.count)  // the hidden size, such as 384
///
/// Vectors equal those that transformers computes from `hidden_states`, and with ``Pooling/mean`` and
/// ``Options/normalize`` those of sentence-transformers for models made that way. One extractor serves
/// any number of tasks at once.
public struct FeatureExtractor: Sendable {
  /// How a text's token states become its features.
  public enum Pooling: String, Sendable, CaseIterable {
    /// The state of the first token, `[CLS]`.
    case cls
    /// The mean over all tokens, special ones included: what sentence-transformers calls mean pooling.
    case mean
    /// The largest value over all tokens, in each dimension.
    case max
    /// BERT's `pooler_output`: the state of the first token through a dense layer and tanh.
    case pooler
    /// What DistilBERT's classifier reads: the state of the first token through its dense layer and
    /// ReLU (`pre_classifier`).
    case preClassifier = "pre-classifier"
    /// No pooling: a vector for every token, special ones included.
    case none
  }

  /// Settings with defaults that suit most uses.
  public struct Options: Sendable {
    public var pooling: Pooling
    /// Which layer's states, as an index of transformers' `hidden_states`: 0 the embeddings, 1 the
    /// first layer, -1 the last one.
    public var layer: Int
    /// Scale each vector to the Euclidean length 1, so that a dot product is a cosine.
    public var normalize: Bool
    /// Truncate to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many texts come; nil: one a core.
    public var threads: Int?
    /// Tokens in a batch. More need more memory; few leave the products too small to be fast.
    public var batchTokens: Int

    public init(
      pooling: Pooling = .mean, layer: Int = -1, normalize: Bool = false, maxLength: Int? = nil,
      threads: Int? = nil, batchTokens: Int = 1024
    ) {
      self.pooling = pooling
      self.layer = layer
      self.normalize = normalize
      self.maxLength = maxLength
      self.threads = threads
      self.batchTokens = batchTokens
    }
  }

  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options

  package let batching: TextBatching
  private let model: FeatureModel
  /// How many layers the states have passed.
  private let depth: Int

  /// Opens a Hugging Face model folder: an encoder alone, a classifier, or a model from pretraining,
  /// whose heads are left aside. Without a folder, the model of this package.
  ///
  /// - Throws: `CheckpointError` or `TokenizerError` for a file that is missing or damaged,
  ///   ``ClassifierError`` for files or options that do not go together, ``FeatureError`` for features
  ///   that this model does not have.
  public init(folder: URL? = nil, options: Options = Options()) throws {
    let folder = try folder ?? TextClassifier.defaultModelFolder()
    self.folder = folder
    self.options = options
    configuration = try ModelConfiguration(folder: folder)
    batching = try TextBatching(
      folder: folder, configuration: configuration, maxLength: options.maxLength,
      threads: options.threads, batchTokens: options.batchTokens)
    let layers = configuration.layerCount
    depth = options.layer < 0 ? options.layer + layers + 1 : options.layer
    guard (0...layers).contains(depth) else {
      throw FeatureError.layerOutOfRange(requested: options.layer, layers: layers)
    }
    var weights = try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    model = try FeatureModel(&weights, configuration: configuration)
    try weights.checkAllUsed(ignoringHeads: true)
    switch options.pooling {
    case .pooler where !model.hasPooler:
      throw configuration.family == .bert
        ? FeatureError.noPoolerStored(folder: folder.path)
        : FeatureError.noPoolerInFamily(folder: folder.path)
    case .preClassifier where !model.hasPreClassifier:
      throw FeatureError.noPreClassifier(folder: folder.path)
    case .pooler where depth < layers, .preClassifier where depth < layers:
      throw FeatureError.poolingOfLastLayerOnly(options.pooling)
    default: break
    }
  }

  /// The length of a vector.
  public var size: Int { configuration.hiddenSize }

  /// The longest input, in tokens with special ones; longer texts lose their end.
  public var maxLength: Int { batching.maxLength }

  /// The features of one text, or of a pair of texts, on the calling thread.
  public func features(of text: String, pair: String? = nil) throws -> Features {
    try featuresOnThisThread([TextInput(text, pair: pair)])[0]
  }

  /// The features of many texts, on as many cores as ``Options/threads`` says, in the order of the
  /// texts.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; batches that run finish first.
  public func features(of texts: [String]) async throws -> [Features] {
    try await features(of: texts.map { TextInput($0) })
  }

  /// The features of many texts or pairs of texts, as ``features(of:)-([String])`` gives them.
  public func features(of inputs: [TextInput]) async throws -> [Features] {
    try await batching.sideBySide(inputs, run: features)
  }

  /// On the calling thread, in batches of at most ``Options/batchTokens`` tokens (or one longer text).
  package func featuresOnThisThread(_ inputs: some Collection<TextInput>) throws -> [Features] {
    try batching.onThisThread(inputs, run: features)
  }

  @Sendable private func features(
    _ batch: TokenizedBatch, workspace: Workspace
  ) throws -> [Features] {
    workspace.reset()
    let matrix = try pooled(batch.sequences, workspace: workspace)
    if options.normalize { matrix.normalizeRows() }
    return batch.truncated.indices.map { sequence in
      let tokens = batch.sequences.tokens(of: sequence)
      return Features(
        values: matrix.elements(
          ofRows: options.pooling == .none ? tokens : sequence..<sequence + 1),
        size: size, tokenCount: tokens.count, isTruncated: batch.truncated[sequence])
    }
  }

  /// [sequences, hidden size], and without pooling [tokens, hidden size].
  private func pooled(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    switch options.pooling {
    case .pooler: return try model.poolerOutput(batch, workspace: workspace)
    case .preClassifier: return try model.preClassifierOutput(batch, workspace: workspace)
    case .cls: return try model.encoder.firstTokens(batch, depth: depth, workspace: workspace)
    case .none: return try model.encoder.hiddenStates(batch, depth: depth, workspace: workspace)
    case .mean, .max:
      let states = try model.encoder.hiddenStates(batch, depth: depth, workspace: workspace)
      let pooled = workspace.matrix(rows: batch.sequenceCount, columns: size)
      for sequence in 0..<batch.sequenceCount {
        let tokens = batch.tokens(of: sequence)
        if options.pooling == .mean {
          pooled.setRow(sequence, toMeanOf: tokens, in: states)
        } else {
          pooled.setRow(sequence, toMaximumOf: tokens, in: states)
        }
      }
      return pooled
    }
  }
}
