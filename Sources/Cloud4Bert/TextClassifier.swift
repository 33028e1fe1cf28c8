import Checkpoints
import DefaultModel
import Synchronization
import Tensors
import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Classifies texts with a BERT or DistilBERT model, on the CPU.
///
///     let classifier = try TextClassifier()
///     let answer = try classifier.classify("Thanks a lot, that fixed it!")
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
  /// How logits become scores.
  public let scoreFunction: ScoreFunction
  /// The longest input, in tokens with special ones; ``Options/overflow`` says what becomes of longer
  /// texts.
  public let maxLength: Int
  /// Tokens that windows overlap by; nil where long texts are truncated.
  let stride: Int?

  let tokenizer: BertTokenizer
  let model: any SequenceClassificationModel
  private let workers = WorkerPool()
  private let team: SharedTeam

  /// What becomes of texts longer than the model takes.
  public enum Overflow: Sendable, Equatable {
    /// They lose their end.
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
    /// Tokens in a batch. More need more memory; few leave the products too small to be fast.
    public var batchTokens = 1024
    /// What becomes of texts longer than the model takes.
    public var overflow = Overflow.truncate

    public init(
      maxLength: Int? = nil, threads: Int? = nil, batchTokens: Int = 1024,
      overflow: Overflow = .truncate
    ) {
      self.maxLength = maxLength
      self.overflow = overflow
      self.threads = threads
      self.batchTokens = batchTokens
    }
  }

  /// Opens a Hugging Face model folder: `config.json`, the tokenizer's files, and
  /// `model.safetensors` or `pytorch_model.bin`. Without a folder, the model of this package, which
  /// tells negative, neutral and positive posts of developers apart.
  ///
  /// - Throws: `CheckpointError` or `TokenizerError` for a file that is missing or damaged,
  ///   ``ClassifierError`` for files or options that do not go together.
  public init(folder: URL? = nil, options: Options = Options()) throws {
    let folder = try folder ?? Self.defaultModelFolder()
    self.folder = folder
    self.options = options
    team = SharedTeam(size: Self.threads(options))
    configuration = try ModelConfiguration(folder: folder)
    tokenizer = try BertTokenizer(folder: folder)
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw ClassifierError.vocabularyMismatch(
        folder: folder.path, tokenizer: tokenizer.vocabularySize,
        model: configuration.vocabularySize)
    }
    var weights = try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    model = try sequenceClassificationModel(&weights, configuration: configuration)
    try weights.checkAllUsed()
    scoreFunction = ScoreFunction(configuration)

    let positions = configuration.maxPositionEmbeddings
    if let requested = options.maxLength {
      let allowed = min(tokenizer.numberOfSpecialTokens(pair: true) + 1, positions)...positions
      guard allowed.contains(requested) else {
        throw ClassifierError.maxLengthOutOfRange(requested: requested, allowed: allowed)
      }
      maxLength = requested
    } else {
      maxLength = min(tokenizer.modelMaxLength ?? positions, positions)
    }
    switch options.overflow {
    case .truncate:
      stride = nil
    case .window(let requested):
      // At least one token of text, also for a model too short for any: its texts throw.
      let allowed = 0..<max(1, maxLength - tokenizer.numberOfSpecialTokens(pair: false))
      let stride = requested ?? min(maxLength / 8, allowed.upperBound - 1)
      guard allowed.contains(stride) else {
        throw ClassifierError.strideOutOfRange(requested: stride, allowed: allowed)
      }
      self.stride = stride
    }
  }

  /// Where the model of this package lies.
  public static func defaultModelFolder() throws(ClassifierError) -> URL {
    guard let folder = DefaultModel.folder else {
      throw .defaultModelMissing(lookedIn: DefaultModel.candidates.map(\.path))
    }
    return folder
  }

  /// The labels, in the order of their ids.
  public var labels: [String] { configuration.labels }

  /// Classifies one text, or a pair of texts: all cores work on it, where no other call has them.
  public func classify(_ text: String, pair: String? = nil) throws -> Classification {
    try classifyTogether([TextInput(text, pair: pair)])[0]
  }

  /// Classifies many texts, on as many cores as ``Options/threads`` says. Answers come in the order
  /// of the texts.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; batches that run finish first.
  public func classify(_ texts: [String]) async throws -> [Classification] {
    try await classify(texts.map { TextInput($0) })
  }

  /// Classifies many texts or pairs of texts, as ``classify(_:)-(_)`` does.
  public func classify(_ inputs: [TextInput]) async throws -> [Classification] {
    let chunks = chunks(of: inputs)
    if chunks.count == 1 { return try classifyTogether(inputs) }
    let next = Counter()
    var answers = [[Classification]](repeating: [], count: chunks.count)
    try await withThrowingTaskGroup(of: [(Int, [Classification])].self) { group in
      for _ in 0..<min(threads, chunks.count) {
        group.addTask {
          var part: [(Int, [Classification])] = []
          while true {
            try Task.checkCancellation()
            let index = next.take()
            guard index < chunks.count else { return part }
            part.append((index, try classifyOnThisThread(inputs[chunks[index]])))
          }
        }
      }
      for try await part in group {
        for (index, chunk) in part { answers[index] = chunk }
      }
    }
    return Array(answers.joined())
  }

  /// How many batches run at once.
  package var threads: Int { Self.threads(options) }

  private static func threads(_ options: Options) -> Int {
    max(1, options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
  }

  /// About how many tokens an input makes, for cutting a stream into batches before it is tokenised.
  package func estimatedTokens(_ input: TextInput) -> Int {
    let bytes = input.text.utf8.count + (input.pair?.utf8.count ?? 0)
    return stride == nil ? min(bytes / 4 + 2, maxLength) : bytes / 4 + 2
  }

  private func chunks(of inputs: [TextInput]) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = 0
    var tokens = 0
    for (index, input) in inputs.enumerated() {
      tokens += estimatedTokens(input)
      if tokens >= options.batchTokens {
        chunks.append(start..<index + 1)
        start = index + 1
        tokens = 0
      }
    }
    if start < inputs.count { chunks.append(start..<inputs.count) }
    return chunks
  }

  /// Classifies one batch after the other, all threads on each.
  private func classifyTogether(_ inputs: [TextInput]) throws -> [Classification] {
    let worker = workers.take()
    defer { workers.giveBack(worker) }
    return try team.borrow { team in try worker.classify(inputs, with: self, team: team) }
  }

  /// Classifies on the calling thread, in batches of at most ``Options/batchTokens`` tokens (or one
  /// longer text).
  package func classifyOnThisThread(
    _ inputs: some Collection<TextInput>
  ) throws -> [Classification] {
    let worker = workers.take()
    defer { workers.giveBack(worker) }
    return try worker.classify(inputs, with: self, team: nil)
  }
}

/// Numbers from 0, each handed out once.
private final class Counter: Sendable {
  private let next = Atomic(0)

  func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}
