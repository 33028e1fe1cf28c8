/// What a student is to learn, and how much each part weighs: the loss is their weighted sum (Sanh et
/// al., 2019, section 3).
public struct DistillationSettings: Sendable, Equatable {
  /// Of the divergence from the teacher's distribution, times the square of the temperature, which
  /// keeps its gradient as large whatever the temperature (Hinton, Vinyals and Dean, 2015).
  public var distillationWeight = 5.0
  /// The weight of the cross entropy with the true labels or the hidden words.
  public var taskWeight = 2.0
  /// The weight of the angle between the last hidden states of student and teacher.
  public var cosineWeight = 1.0
  /// What both models' logits are divided by for the divergence.
  public var temperature = 2.0

  public init() {}
}
