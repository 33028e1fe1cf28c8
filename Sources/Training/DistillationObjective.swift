import Tensors
import Transformers

/// The loss of a student on a step's texts: runs the teacher on each shard beside it.
struct DistillationObjective: Objective {
  private let teacher: Teacher
  private let loss: DistillationLoss
  /// The label of each text, or the word at each hidden place; nil where there is none.
  private let labels: [Int?]

  /// - Parameter tokenCount: Of the whole step.
  init(
    teacher: Teacher, settings: DistillationSettings, labels: [Int?], tokenCount: Int
  ) {
    self.teacher = teacher
    self.labels = labels
    loss = DistillationLoss(
      settings: settings,
      counts: .init(
        rows: labels.count, labels: labels.count { $0 != nil }, tokens: tokenCount))
  }

  var usesHiddenStates: Bool { loss.settings.cosineWeight > 0 }

  func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts {
    let settings = loss.settings
    let rows = teacher.task == .classification ? shard.sequences : shard.maskedIndices
    let labels = rows.map { self.labels[$0] }
    var parts = DistillationLoss.Parts()
    if settings.distillationWeight > 0 || settings.cosineWeight > 0 {
      try teacher.run(
        shard.batch, hiddenTokens: shard.maskedTokens, workspace: scratch.workspace
      ) { states in
        guard let own = outputs.hiddenStates, let gradient = gradients.hiddenStates else { return }
        parts += loss.states(student: own, teacher: states, gradient: gradient)
      } logits: { range, logits in
        parts += loss.logits(
          student: outputs.logits.rows(range), teacher: logits, labels: labels[range],
          gradient: gradients.logits.rows(range), workspace: scratch.workspace)
      }
    } else {
      scratch.workspace.reset()
      parts = loss.logits(
        student: outputs.logits, teacher: outputs.logits, labels: labels,
        gradient: gradients.logits, workspace: scratch.workspace)
    }
    return LossParts([
      "distillation": settings.distillationWeight * parts.distillation,
      "task": settings.taskWeight * parts.task,
      "cosine": settings.cosineWeight * parts.cosine,
    ])
  }
}
