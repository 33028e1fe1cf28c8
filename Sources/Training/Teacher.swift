import Checkpoints
public import Tensors
public import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The model that a student learns from: it runs without dropout and stays as it is.
public struct Teacher: Sendable {
  /// What teacher and student compute.
  public enum Task: String, Sendable, CaseIterable {
    /// A teacher of texts' labels.
    case classification
    /// A teacher of words hidden in texts.
    case maskedLM = "mlm"
  }

  public let task: Task
  public var folder: URL { opened.folder }
  public var configuration: ModelConfiguration { opened.configuration }
  /// How many bytes the weights files have.
  public let byteCount: Int
  let opened: StoredModel
  let weights: NamedWeights
  private let model: Model

  private enum Model: Sendable {
    case classifier(SequenceClassificationModel)
    case maskedLM(MaskedLMModel)
  }

  /// Opens a model folder with the head of the task.
  ///
  /// - Parameters:
  ///   - folder: With config.json, the tokenizer and the weights.
  ///   - task: Which head it answers with.
  ///   - precision: Of the products of its layers.
  /// - Throws: `CheckpointError`, `MissingHeadError`, and ``DistillationError`` for a model without a
  ///   classifier, or one whose labels do not exclude each other.
  public init(folder: URL, task: Task, precision: Precision = .float32) throws {
    let opened = try StoredModel(folder: folder)
    let configuration = opened.configuration
    self.opened = opened
    self.task = task
    byteCount = opened.checkpoint.files.reduce(0) { $0 + $1.byteCount }
    weights = try opened.weights()
    var remaining = try opened.weights(
      layers: LinearOptions(precision: precision, threads: ThreadBudget.current.threads))
    switch task {
    case .classification:
      guard weights.contains(ModelNames(configuration).classifier.weight) else {
        throw DistillationError.noClassifier(
          folder: folder.path, architecture: configuration.architectures.first)
      }
      let isSingleLabel =
        configuration.problemType.map { $0 == .singleLabelClassification } ?? true
      guard isSingleLabel, configuration.labels.count > 1 else {
        throw DistillationError.notSingleLabel(folder: folder.path)
      }
      model = .classifier(
        try SequenceClassificationModel(&remaining, configuration: configuration))
    case .maskedLM:
      model = .maskedLM(try MaskedLMModel(&remaining, configuration: configuration))
    }
    try remaining.checkAllUsed()
  }

  /// How many numbers these hold.
  public var parameterCount: Int {
    weights.names.reduce(0) { $0 + (weights[$1]?.elementCount ?? 0) }
  }

  /// Runs the teacher on a batch: hands out the last layer's states, [tokens, hidden size], and then
  /// the logits of the texts, [sequences, labels], or of the hidden tokens, [tokens, vocabulary size].
  /// Of these there may be so many that they come in parts: the range tells which rows.
  ///
  /// - Parameters:
  ///   - hiddenTokens: Places in the batch's list of tokens; not used for classification.
  ///   - workspace: Where the matrices live until the call returns; it is reset first.
  /// - Throws: `BatchError`
  func run(
    _ batch: PackedBatch, hiddenTokens: [Int], workspace: Workspace,
    states: (Matrix) -> Void = { _ in }, logits: (Range<Int>, Matrix) -> Void
  ) throws {
    switch model {
    case .classifier(let model):
      let outputs = try model.logitsAndStates(batch, workspace: workspace)
      states(outputs.states)
      logits(0..<outputs.logits.rows, outputs.logits)
    case .maskedLM(let model):
      workspace.reset()
      let hidden = try model.encoder.hiddenStates(batch, workspace: workspace)
      states(hidden)
      model.logits(ofStates: hidden, of: hiddenTokens, workspace: workspace, logits)
    }
  }
}
