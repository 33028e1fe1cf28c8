import Checkpoints
import Tensors
import Tokenization
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
    /// What products are computed in; nil: the fastest whose features are those of float32
    /// (``Precision/automatic``).
    public var precision: Precision?

    public init(
      pooling: Pooling = .mean, layer: Int = -1, normalize: Bool = false, maxLength: Int? = nil,
      threads: Int? = nil, batchTokens: Int = 512, precision: Precision? = nil
    ) {
      self.pooling = pooling
      self.layer = layer
      self.normalize = normalize
      self.maxLength = maxLength
      self.threads = threads
      self.batchTokens = batchTokens
      self.precision = precision
    }
  }

  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options
  /// The longest input, in tokens with special ones; longer texts are truncated.
  public let maxLength: Int

  package let batching: Batching
  let tokenizer: BertTokenizer
  private let model: FeatureModel
  private let workers = WorkerPool()
  /// How many layers the states have passed.
  private let depth: Int

  /// Opens a Hugging Face model folder: an encoder alone, a classifier, or a model from pretraining,
  /// whose heads are left aside. Without a folder, the model of this package.
  ///
  /// - Throws: `CheckpointError` or `TokenizerError` for a file that is missing or damaged,
  ///   ``ClassifierError`` for files or options that do not go together, ``FeatureError`` for features
  ///   that this model does not have.
  public init(folder: URL? = nil, options: Options = Options()) throws {
    try self.init(folder: folder, options: options, isForSentences: true)
  }

  /// - Parameter isForSentences: Whether texts are truncated where sentence-transformers cuts them, if
  ///   the folder tells; else where the model does, as for a classifier.
  package init(folder: URL?, options: Options, isForSentences: Bool) throws {
    try RunLimits.check(threads: options.threads, batchTokens: options.batchTokens)
    let folder = try folder ?? TextClassifier.defaultModelFolder()
    self.folder = folder
    self.options = options
    var files = try ModelFiles(
      folder: folder, maxLength: options.maxLength, precision: options.precision)
    configuration = files.configuration
    tokenizer = files.tokenizer
    var maxLength = files.maxLength
    if isForSentences, options.maxLength == nil,
      let length = try SentenceConfiguration(folder: folder)?.maxSequenceLength
    {
      maxLength = min(maxLength, length)
    }
    self.maxLength = maxLength
    batching = Batching(
      threads: options.threads, batchTokens: options.batchTokens, maxLength: maxLength)
    let layers = configuration.layerCount
    depth = options.layer < 0 ? options.layer + layers + 1 : options.layer
    guard (0...layers).contains(depth) else {
      throw FeatureError.layerOutOfRange(requested: options.layer, layers: layers)
    }
    model = try FeatureModel(&files.weights, configuration: configuration)
    try files.weights.checkAllUsed(ignoringHeads: true)
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

  /// The features of one text, or of a pair of texts: all cores work on it, where no other call has
  /// them.
  public func features(of text: String, pair: String? = nil) throws -> Features {
    try batching.together { try features(of: [TextInput(text, pair: pair)], team: $0)[0] }
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
    try await batching.run(inputs) { try features(of: $0, team: $1) }
  }

  /// On the calling thread, in batches of at most ``Options/batchTokens`` tokens (or one longer text).
  package func featuresOnThisThread(_ inputs: some Collection<TextInput>) throws -> [Features] {
    try features(of: inputs, team: nil)
  }

  private func features(
    of inputs: some Collection<TextInput>, team: Team?
  ) throws -> [Features] {
    let worker = workers.take()
    defer { workers.giveBack(worker) }
    return try worker.features(of: inputs, with: self, team: team)
  }

  /// - Parameter truncated: For each sequence, whether its text was truncated.
  func features(
    of batch: PackedBatch, truncated: [Bool], workspace: Workspace
  ) throws -> [Features] {
    workspace.reset()
    let matrix = try pooled(batch, workspace: workspace)
    if options.normalize { matrix.normalizeRows() }
    return try truncated.indices.map { sequence in
      let tokens = batch.tokens(of: sequence)
      let values = matrix.elements(
        ofRows: options.pooling == .none ? tokens : sequence..<sequence + 1)
      guard values.allSatisfy(\.isFinite) else {
        throw ClassifierError.notFinite(folder: folder.path)
      }
      return Features(
        values: values, size: size, tokenCount: tokens.count, isTruncated: truncated[sequence])
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

/// A batch of texts through the encoder.
extension Worker {
  func features(
    of inputs: some Collection<TextInput>, with extractor: FeatureExtractor, team: Team?
  ) throws -> [Features] {
    workspace.team = team
    defer { workspace.team = nil }
    var features: [Features] = []
    features.reserveCapacity(inputs.count)
    var truncated: [Bool] = []
    func run() throws {
      features += try extractor.features(of: batch, truncated: truncated, workspace: workspace)
      batch.removeAll()
      truncated.removeAll(keepingCapacity: true)
    }

    batch.removeAll()
    for input in inputs {
      tokens.removeAll()
      let (count, isTruncated) = try extractor.tokenizer.append(
        input.text, pair: input.pair, maxLength: extractor.maxLength, to: &tokens)
      if batch.tokenCount > 0, batch.tokenCount + count > extractor.options.batchTokens {
        try run()
      }
      batch.append(tokens.ids, tokenTypeIDs: tokens.tokenTypeIDs)
      truncated.append(isTruncated)
    }
    if batch.sequenceCount > 0 { try run() }
    return features
  }
}
