import Checkpoints
import Cloud4Bert
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The model that a student learns from: it runs without dropout and stays as it is.
public struct Teacher: Sendable {
  /// What teacher and student compute.
  public enum Task: String, Sendable, CaseIterable {
    /// Labels of texts.
    case classification
    /// Words hidden in texts.
    case maskedLM = "mlm"
  }

  public let task: Task
  public let folder: URL
  public let configuration: ModelConfiguration
  let weights: NamedWeights
  private let model: Model

  private enum Model: Sendable {
    case classifier(any SequenceClassificationModel)
    case maskedLM(any MaskedLMModel)
  }

  /// Opens a model folder with the head of the task.
  ///
  /// - Throws: `CheckpointError`, `MissingHeadError`, and ``DistillationError/notSingleLabel(folder:)``
  ///   for a classifier whose labels do not exclude each other.
  public init(folder: URL, task: Task) throws {
    self.folder = folder
    self.task = task
    configuration = try ModelConfiguration(folder: folder)
    weights = try NamedWeights(Checkpoint(folder: folder), configuration: configuration)
    var remaining = weights
    switch task {
    case .classification:
      let isSingleLabel =
        configuration.problemType.map { $0 == .singleLabelClassification } ?? true
      guard isSingleLabel, configuration.labels.count > 1 else {
        throw DistillationError.notSingleLabel(folder: folder.path)
      }
      model = .classifier(
        try sequenceClassificationModel(&remaining, configuration: configuration))
    case .maskedLM:
      model = .maskedLM(try maskedLMModel(&remaining, configuration: configuration))
    }
    try remaining.checkAllUsed()
  }

  /// Calls `body` with the logits of the texts, [sequences, labels], or of the hidden tokens,
  /// [tokens, vocabulary size], and with the last layer's states, [tokens, hidden size]. There may be
  /// so many logits that they come in parts: the range tells which rows.
  ///
  /// - Parameters:
  ///   - hiddenTokens: Places in the batch's list of tokens; not used for classification.
  ///   - workspace: Where the matrices live until `body` returns; the call resets it.
  /// - Throws: `BatchError`
  func outputs(
    _ batch: PackedBatch, hiddenTokens: [Int], workspace: Workspace,
    states: (Matrix) throws -> Void, logits: (Range<Int>, Matrix) throws -> Void
  ) throws {
    switch model {
    case .classifier(let model):
      let outputs = try model.logitsAndStates(batch, workspace: workspace)
      try states(outputs.states)
      try logits(0..<outputs.logits.rows, outputs.logits)
    case .maskedLM(let model):
      workspace.reset()
      let hidden = try model.encoder.hiddenStates(batch, workspace: workspace)
      try states(hidden)
      try model.logits(ofStates: hidden, of: hiddenTokens, workspace: workspace, logits)
    }
  }
}
