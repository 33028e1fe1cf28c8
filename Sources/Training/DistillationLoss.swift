import Tensors

/// What a student's logits and states on a part of a batch cost, and the derivatives.
///
/// The loss of a batch is `distillation weight × T² × mean divergence + task weight × mean cross
/// entropy + cosine weight × mean cosine distance`: the means over all texts (or hidden tokens), over
/// those that have a label, and over all tokens. The counts are those of the whole batch, so it does
/// not matter how it is cut into parts.
struct DistillationLoss: Sendable {
  /// What the means of a batch are over.
  struct Counts: Sendable, Equatable {
    /// Rows of logits.
    var rows = 0
    /// Those with a label.
    var labels = 0
    /// Rows of states.
    var tokens = 0
  }

  /// The parts of the loss, without their weights.
  struct Parts: Sendable, Equatable {
    var distillation = 0.0
    var task = 0.0
    var cosine = 0.0

    static func += (parts: inout Parts, other: Parts) {
      parts.distillation += other.distillation
      parts.task += other.task
      parts.cosine += other.cosine
    }
  }

  let settings: DistillationSettings
  let counts: Counts

  /// The loss of parts of a batch that together are the whole.
  func total(_ parts: Parts) -> Double {
    settings.distillationWeight * parts.distillation + settings.taskWeight * parts.task
      + settings.cosineWeight * parts.cosine
  }

  /// Of rows of logits.
  ///
  /// - Parameters:
  ///   - student: [rows, labels or words], as `teacher` and `gradient`, to which the derivatives are
  ///     added.
  ///   - labels: One a row, or nil for none.
  func logits(
    student: Matrix, teacher: Matrix, labels: some Collection<Int?>, gradient: Matrix,
    workspace: Workspace
  ) -> Parts {
    var parts = Parts()
    if settings.distillationWeight > 0 {
      let square = settings.temperature * settings.temperature / Double(max(1, counts.rows))
      let divergence = student.divergence(
        from: teacher, temperature: Float(settings.temperature),
        scale: Float(settings.distillationWeight * square), addingTo: gradient,
        workspace: workspace)
      parts.distillation = divergence * square
    }
    if settings.taskWeight > 0 {
      let share = 1 / Double(max(1, counts.labels))
      let entropy = student.crossEntropy(
        labels: labels, scale: Float(settings.taskWeight * share), addingTo: gradient,
        workspace: workspace)
      parts.task = entropy * share
    }
    return parts
  }

  /// Of rows of states, [tokens, hidden size] each.
  func states(student: Matrix, teacher: Matrix, gradient: Matrix) -> Parts {
    guard settings.cosineWeight > 0 else { return Parts() }
    let share = 1 / Double(max(1, counts.tokens))
    let distance = student.cosineDistance(
      from: teacher, scale: Float(settings.cosineWeight * share), addingTo: gradient)
    return Parts(cosine: distance * share)
  }
}
