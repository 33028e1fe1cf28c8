import Checkpoints
package import Files
package import Inference
public import Tensors
public import Tokenization
public import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Turns texts into vectors with a BERT or DistilBERT encoder, on the CPU: for search, clustering and
/// classifiers of any kind.
///
///     let extractor = try FeatureExtractor(folder: folder, options: .init(normalize: true))
///     let features = try await extractor.features(of: "How do I unmarshal JSON?")
///     print(features.values.count)  // the hidden size, such as 384
///
/// A folder of sentence-transformers (one with a `modules.json`) gives the vectors of
/// SentenceTransformer: its pooling, `Dense`, `LayerNorm` and `Normalize`, its prompts and its longest
/// text count, save for what ``Options`` say otherwise. Of any other folder vectors equal those that
/// transformers computes from `hidden_states`. One extractor serves any number of tasks at once.
public struct FeatureExtractor: Sendable {
  /// How a text's token states become its features.
  public enum Pooling: String, Sendable, CaseIterable {
    /// What a folder of sentence-transformers asks for, and ``mean`` of any other.
    case automatic = "auto"
    /// The state of the first token, `[CLS]`.
    case cls
    /// The mean over all tokens, special ones included: what sentence-transformers calls mean pooling.
    case mean
    /// The largest value over all tokens, in each dimension.
    case max
    /// The sum over all tokens, divided by the square root of their number.
    case meanSqrtLength = "mean-sqrt-len"
    /// The mean over all tokens, the first with the weight 1, the second with 2, and so on.
    case weightedMean = "weighted-mean"
    /// The state of the last token, `[SEP]` for most.
    case lastToken = "last-token"
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
    /// Any but ``Pooling/automatic`` takes the place of the folder's own pooling; what stands behind
    /// that stays.
    public var pooling: Pooling
    /// Which layer's states, as an index of transformers' `hidden_states`: 0 the embeddings, 1 the
    /// first layer, -1 the last one. Nil for what the folder says, else the last.
    public var layer: Int?
    /// Whether to scale each vector to the Euclidean length 1, so that a dot product is a cosine; nil
    /// for what the folder says, else not.
    public var normalize: Bool?
    /// Put before each text. Nil for that of ``promptName``, else for the folder's default prompt, if
    /// it has one.
    public var prompt: String?
    /// The name of one of the folder's prompts, where ``prompt`` is nil.
    public var promptName: String?
    /// Keep only so many numbers of each vector, from the first on; nil for what the folder says, else
    /// all.
    public var truncatedSize: Int?
    /// Truncate to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many texts come; nil: one a core.
    public var threads: Int?
    /// How many tokens a batch has. More need more memory; few leave the products too small to be
    /// fast.
    public var batchTokens: Int
    /// What products are computed in; nil: the fastest whose features are those of float32
    /// (`Precision.automatic`).
    public var precision: Precision?
    /// What computes those of float32; nil: the faster one on this machine (`Products.automatic`).
    /// `Products.blas` goes with no other precision.
    public var products: Products?

    public init(
      pooling: Pooling = .automatic, layer: Int? = nil, normalize: Bool? = nil,
      prompt: String? = nil,
      promptName: String? = nil, truncatedSize: Int? = nil, maxLength: Int? = nil,
      threads: Int? = nil, batchTokens: Int = 512, precision: Precision? = nil,
      products: Products? = nil
    ) {
      self.pooling = pooling
      self.layer = layer
      self.normalize = normalize
      self.prompt = prompt
      self.promptName = promptName
      self.truncatedSize = truncatedSize
      self.maxLength = maxLength
      self.threads = threads
      self.batchTokens = batchTokens
      self.precision = precision
      self.products = products
    }
  }

  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options
  /// The longest input, in tokens with special ones; longer texts are truncated.
  public let maxLength: Int

  /// What is put before each text: empty for most models.
  public let prompt: String

  /// What all calls run on.
  package let engine: Engine<FeatureTask>

  /// Those of the folder.
  private let prompts: SentencePrompts?
  /// Whether pooling counts the prompt's tokens.
  private let includesPrompt: Bool

  /// Opens a Hugging Face model folder: an encoder alone, a classifier, or a model from pretraining,
  /// whose heads are left aside. Without a folder, the model of this package.
  ///
  /// - Throws: `CheckpointError` or `TokenizerError` for a file that is missing or damaged, and for a
  ///   module of sentence-transformers that is not supported; ``ClassifierError`` for files or options
  ///   that do not go together, ``FeatureError`` for features that this model does not have.
  public init(folder: URL? = nil, options: Options = Options()) throws {
    try self.init(
      folder: OpenedFolder(folder ?? TextClassifier.defaultModelFolder()), options: options)
  }

  /// - Parameter isForSentences: Whether what sentence-transformers has put in the folder counts; else
  ///   the states are as for a classifier, whose texts are as long as the encoder takes them.
  package init(folder: OpenedFolder, options: Options, isForSentences: Bool = true) throws {
    try options.checkRun()
    self.folder = folder.url
    self.options = options
    let modules = isForSentences ? try Self.modules(of: folder, options) : nil
    var files = try ModelFiles(
      folder: modules?.encoderFiles ?? folder, layers: options.layers,
      lowersCase: modules?.encoder.lowersCase ?? false)
    configuration = files.configuration
    var maxLength = try files.maxLength(options.maxLength)
    if options.maxLength == nil {
      if let length = modules?.encoder.maxSequenceLength {
        // In place of the tokenizer's own, as in SentenceTransformer.
        maxLength = min(configuration.maxTokenCount, length)
      } else if isForSentences, modules == nil,
        let length = try SentenceConfiguration(folder: folder)?.maxSequenceLength
      {
        maxLength = min(maxLength, length)
      }
    }
    self.maxLength = maxLength
    prompts = modules?.prompts
    includesPrompt = modules?.pooling?.includesPrompt != false
    prompt = try Self.prompt(prompts, folder.url, options)
    let tokenizer = files.tokenizer
    let steps = try FeatureSteps(
      &files, folder: folder.url, modules: modules, options: options,
      promptTokens: includesPrompt
        ? 0 : Self.tokenCount(ofPrompt: prompt, tokenizer, maxLength: maxLength))
    try files.weights.checkAllUsed(ignoringHeads: true)
    engine = Engine(
      FeatureTask(
        steps: steps, tokenizer: tokenizer, prompt: prompt, maxLength: maxLength,
        folder: folder.url.path), threads: options.threads, batchTokens: options.batchTokens)
  }

  /// Nil for a folder that is none of sentence-transformers, and for one of another class than
  /// SentenceTransformer whose own answers are not asked for.
  private static func modules(of folder: OpenedFolder, _ options: Options) throws
    -> SentenceModules?
  {
    guard let type = try SentenceModules.modelType(folder: folder) else { return nil }
    if type != "SentenceTransformer", options.pooling != .automatic { return nil }
    return try SentenceModules(folder: folder)
  }

  /// The same with another of the folder's prompts put before texts: the weights are shared, the threads
  /// are its own.
  ///
  /// - Parameter name: As ``Options/promptName``.
  /// - Throws: ``FeatureError/noSuchPrompt(_:folder:known:)``.
  public func prompted(by name: String) throws -> FeatureExtractor {
    var options = options
    options.prompt = nil
    options.promptName = name
    return try FeatureExtractor(self, options)
  }

  private init(_ other: FeatureExtractor, _ options: Options) throws {
    folder = other.folder
    configuration = other.configuration
    self.options = options
    maxLength = other.maxLength
    prompts = other.prompts
    includesPrompt = other.includesPrompt
    prompt = try Self.prompt(prompts, folder, options)
    let task = other.engine.use
    let promptTokens =
      includesPrompt
      ? 0 : try Self.tokenCount(ofPrompt: prompt, task.tokenizer, maxLength: maxLength)
    engine = Engine(
      FeatureTask(
        steps: task.steps.leavingOut(promptTokens: promptTokens), tokenizer: task.tokenizer,
        prompt: prompt, maxLength: maxLength, folder: task.folder), threads: options.threads,
      batchTokens: options.batchTokens)
  }

  private static func prompt(
    _ prompts: SentencePrompts?, _ folder: URL, _ options: Options
  ) throws -> String {
    if let prompt = options.prompt { return prompt }
    guard let name = options.promptName ?? prompts?.defaultName else { return "" }
    guard let prompt = prompts?[name] else {
      throw FeatureError.noSuchPrompt(
        name, folder: folder.path, known: prompts?.names ?? [])
    }
    return prompt
  }

  /// As SentenceTransformer counts them: with the special tokens before a prompt, without that behind.
  private static func tokenCount(
    ofPrompt prompt: String, _ tokenizer: BertTokenizer, maxLength: Int
  ) throws -> Int {
    if prompt.isEmpty { return 0 }
    var tokens = TokenBuffer()
    let count = try tokenizer.append(prompt, maxLength: maxLength, to: &tokens).count
    return tokens.ids.last.map(tokenizer.isSpecial) == true ? count - 1 : count
  }

  private var steps: FeatureSteps { engine.use.steps }

  /// The length of a vector.
  public var size: Int { steps.size }

  /// Whether a text has one vector, and not one for each token.
  public var isPooled: Bool { steps.isPooled }

  /// How the states of tokens become a vector: mostly one way, several where the vector is joined of
  /// several parts.
  public var poolings: [Pooling] { steps.poolings }

  /// What is done with a text, step by step, in words for a person: `pooling mean`, `Normalize`.
  public var stepNames: [String] { steps.names }

  /// The features of one text, or of a pair of texts: all cores work on it, where no other call has
  /// them.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func features(of text: String, pair: String? = nil) async throws -> Features {
    try await engine.answer(to: TextInput(text, pair: pair))
  }

  /// The features of one text, or of a pair of texts, on the calling thread, which is kept until they
  /// are there. For programs without tasks; a task that calls it holds others up.
  public func featuresBlocking(of text: String, pair: String? = nil) throws -> Features {
    try engine.blockingAnswer(to: TextInput(text, pair: pair))
  }

  /// The features of many texts, on as many cores as ``Options/threads`` says, in the order of the
  /// texts.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func features(of texts: [String]) async throws -> [Features] {
    try await features(of: texts.map { TextInput($0) })
  }

  /// The features of many texts or pairs of texts, as ``features(of:)-([String])`` gives them.
  public func features(of inputs: [TextInput]) async throws -> [Features] {
    try await engine.answers(to: inputs)
  }
}
