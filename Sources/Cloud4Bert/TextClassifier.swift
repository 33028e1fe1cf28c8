import Checkpoints
import DefaultModel
public import Evaluation
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

/// Classifies texts with a BERT or DistilBERT model, on the CPU.
///
///     let classifier = try TextClassifier()
///     let answer = try await classifier.classify("Thanks a lot, that fixed it!")
///     print(answer.label, answer.score)  // positive 0.99…
///
/// One classifier serves any number of tasks at once: its weights are read-only and shared, and each
/// call works in memory of its own. Answers equal those of the text-classification pipeline of
/// transformers with `truncation=True`, unless ``Options/overflow`` asks for windows.
public struct TextClassifier: Sendable {
  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options
  /// The labels, in the order of their ids: those of ``Options/labels``, or else of the model's files.
  public let labels: [String]
  /// How logits become scores.
  public let scoreFunction: ScoreFunction
  /// The longest input, in tokens with special ones; ``Options/overflow`` says what becomes of longer
  /// texts.
  public let maxLength: Int
  /// What all calls run on.
  package let engine: Engine<ClassificationTask>

  /// What becomes of texts longer than the model takes.
  public enum Overflow: Sendable, Equatable {
    /// They lose their end, or their beginning where the tokenizer's `truncationSide` is left.
    case truncate
    /// They are classified in windows of the maximum length that overlap by `stride` tokens of text,
    /// an eighth of that length for nil, as Hugging Face tokenizers cut them with
    /// `return_overflowing_tokens=True`. The logits are the mean over the windows, each counting as
    /// much as it has tokens of the text: so a short last window does not outweigh the others, and
    /// softmax, sigmoid and regression work on the mean as on the logits of a single window. A text
    /// that fits is one window, and its answer that of ``truncate``. Pairs of texts are refused.
    case window(stride: Int? = nil)
  }

  /// Settings with defaults that suit most uses.
  public struct Options: Sendable {
    /// Truncate to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many texts are classified, and threads on a single text; nil:
    /// one a core.
    public var threads: Int?
    /// How many tokens a batch has. More need more memory; few leave the products too small to be
    /// fast.
    public var batchTokens = 512
    /// What becomes of texts longer than the model takes.
    public var overflow = Overflow.truncate
    /// What products are computed in; nil: the fastest whose answers are those of float32
    /// (`Precision.automatic`).
    public var precision: Precision?
    /// What computes those of float32; nil: the faster one on this machine (`Products.automatic`).
    /// `Products.blas` goes with no other precision.
    public var products: Products?
    /// Names for the labels in the order of their ids, for models whose files call them `LABEL_0`,
    /// `LABEL_1` …; nil: the names in the model's files.
    public var labels: [String]?

    public init(
      maxLength: Int? = nil, threads: Int? = nil, batchTokens: Int = 512,
      overflow: Overflow = .truncate, precision: Precision? = nil, products: Products? = nil,
      labels: [String]? = nil
    ) {
      self.maxLength = maxLength
      self.overflow = overflow
      self.precision = precision
      self.products = products
      self.threads = threads
      self.batchTokens = batchTokens
      self.labels = labels
    }
  }

  /// Opens a Hugging Face model folder: `config.json`, the tokenizer's files, and
  /// `model.safetensors` or `pytorch_model.bin`. Without a folder, the model of this package, which
  /// tells negative, neutral and positive posts of developers apart.
  ///
  /// - Throws: `CheckpointError` or `TokenizerError` for a file that is missing or damaged,
  ///   `MissingHeadError` for a model of another class, ``ClassifierError`` for files or options that do
  ///   not go together.
  public init(folder: URL? = nil, options: Options = Options()) throws {
    try self.init(
      folder: OpenedFolder(folder ?? Self.defaultModelFolder()), options: options)
  }

  package init(folder: OpenedFolder, options: Options = Options()) throws {
    try self.init(
      folder: folder, options: options,
      opening: SequenceClassificationModel.init(_:configuration:))
  }

  /// - Parameters:
  ///   - keepsEmptyPairs: Whether an empty second text is one, between two separators.
  ///   - open: Makes the model, whose configuration names the labels.
  init(
    folder: OpenedFolder, options: Options, keepsEmptyPairs: Bool = false,
    opening open: (inout NamedWeights, ModelConfiguration) throws
      -> SequenceClassificationModel
  ) throws {
    // Before the model: what is wrong with the options needs no wait.
    try options.check()
    try self.init(
      ModelFiles(folder: folder, layers: options.layers),
      folder: folder.url, options: options, keepsEmptyPairs: keepsEmptyPairs, opening: open)
  }

  /// A classifier of this shape with random weights, to see how fast it would be.
  ///
  /// - Parameter folder: Where the tokenizer's files are.
  /// - Throws: `TokenizerError`, and ``ClassifierError`` where the tokenizer has more words than the
  ///   model.
  package init(
    randomWeightsOf configuration: ModelConfiguration, tokenizerOf folder: URL,
    options: Options = Options()
  ) throws {
    try options.check()
    let files = try ModelFiles(configuration, tokenizerOf: OpenedFolder(folder)) {
      NamedWeights(randomFor: configuration, layers: options.layers)
    }
    try self.init(
      files, folder: folder, options: options,
      opening: SequenceClassificationModel.init(_:configuration:))
  }

  private init(
    _ files: ModelFiles, folder: URL, options: Options, keepsEmptyPairs: Bool = false,
    opening open: (inout NamedWeights, ModelConfiguration) throws
      -> SequenceClassificationModel
  ) throws {
    maxLength = try files.maxLength(options.maxLength)
    var files = files
    let model = try open(&files.weights, files.configuration)
    try files.weights.checkAllUsed()
    self.folder = folder
    self.options = options
    configuration = model.configuration
    labels = try options.labels(of: configuration)
    scoreFunction = ScoreFunction(configuration)
    let task = ClassificationTask(
      model: model, tokenizer: files.tokenizer, labels: labels, scoreFunction: scoreFunction,
      maxLength: maxLength,
      stride: try options.stride(maxLength: maxLength, tokenizer: files.tokenizer),
      keepsEmptyPairs: keepsEmptyPairs, folder: folder.path)
    engine = Engine(task, threads: options.threads, batchTokens: options.batchTokens)
  }

  /// Where the model of this package lies.
  public static func defaultModelFolder() throws(ClassifierError) -> URL {
    guard let folder = DefaultModel.folder else {
      throw .defaultModelMissing(lookedIn: DefaultModel.candidates.map(\.path))
    }
    return folder
  }

  /// Classifies one text, or a pair of texts: all cores work on it, where no other call has them.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func classify(_ text: String, pair: String? = nil) async throws -> Classification {
    try await engine.answer(to: TextInput(text, pair: pair))
  }

  /// Classifies one text, or a pair of texts, on the calling thread, which is kept until the answer is
  /// there. For programs without tasks; a task that calls it holds others up.
  public func classifyBlocking(_ text: String, pair: String? = nil) throws -> Classification {
    try engine.blockingAnswer(to: TextInput(text, pair: pair))
  }

  /// Classifies many texts, on as many cores as ``Options/threads`` says. Answers come in the order
  /// of the texts.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func classify(_ texts: [String]) async throws -> [Classification] {
    try await classify(texts.map { TextInput($0) })
  }

  /// Classifies many texts or pairs of texts, as ``classify(_:)-(_)`` does.
  public func classify(_ inputs: [TextInput]) async throws -> [Classification] {
    try await engine.answers(to: inputs)
  }

  /// Classifies many texts as ``classify(_:)-(_)`` does, and tells where the time of all threads went.
  package func stageTimes(of inputs: [TextInput]) async throws -> StageTimes {
    let engine = Engine(
      engine.use, threads: engine.threads, batchTokens: engine.batchTokens, takesTimes: true)
    _ = try await engine.answers(to: inputs)
    return engine.takeTimes()
  }
}
