import Checkpoints
import DefaultModel
import Tensors
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
/// transformers with `truncation=True`.
public struct TextClassifier: Sendable {
  /// The folder that the model was opened from.
  public let folder: URL
  /// What its `config.json` says.
  public let configuration: ModelConfiguration
  public let options: Options
  /// How logits become scores.
  public let scoreFunction: ScoreFunction

  package let batching: TextBatching
  let model: any SequenceClassificationModel

  /// Settings with defaults that suit most uses.
  public struct Options: Sendable {
    /// Truncate to this many tokens instead of the model's own limit.
    public var maxLength: Int?
    /// Batches run side by side when many texts are classified; nil: one a core.
    public var threads: Int?
    /// Tokens in a batch. More need more memory; few leave the products too small to be fast.
    public var batchTokens = 1024

    public init(maxLength: Int? = nil, threads: Int? = nil, batchTokens: Int = 1024) {
      self.maxLength = maxLength
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
    configuration = try ModelConfiguration(folder: folder)
    batching = try TextBatching(
      folder: folder, configuration: configuration, maxLength: options.maxLength,
      threads: options.threads, batchTokens: options.batchTokens)
    var weights = try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    model = try sequenceClassificationModel(&weights, configuration: configuration)
    try weights.checkAllUsed()
    scoreFunction = ScoreFunction(configuration)
  }

  /// Where the model of this package lies.
  public static func defaultModelFolder() throws(ClassifierError) -> URL {
    guard let folder = DefaultModel.folder else {
      throw .defaultModelMissing(lookedIn: DefaultModel.candidates.map(\.path))
    }
    return folder
  }

  /// The longest input, in tokens with special ones; longer texts lose their end.
  public var maxLength: Int { batching.maxLength }

  /// The labels, in the order of their ids.
  public var labels: [String] { configuration.labels }

  /// Classifies one text, or a pair of texts, on the calling thread.
  public func classify(_ text: String, pair: String? = nil) throws -> Classification {
    try classifyOnThisThread([TextInput(text, pair: pair)])[0]
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
    try await batching.sideBySide(inputs, run: classifications)
  }

  /// How many batches run at once.
  package var threads: Int { batching.threads }

  /// Classifies on the calling thread, in batches of at most ``Options/batchTokens`` tokens (or one
  /// longer text).
  package func classifyOnThisThread(
    _ inputs: some Collection<TextInput>
  ) throws -> [Classification] {
    try batching.onThisThread(inputs, run: classifications)
  }

  @Sendable private func classifications(
    _ batch: TokenizedBatch, workspace: Workspace
  ) throws -> [Classification] {
    let logits = try model.logits(batch.sequences, workspace: workspace)
    return batch.truncated.indices.map { sequence in
      Classification(
        logits: logits.row(sequence), scoring: scoreFunction, labels: labels,
        tokenCount: batch.sequences.tokens(of: sequence).count,
        isTruncated: batch.truncated[sequence])
    }
  }
}
