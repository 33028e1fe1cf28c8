/// What a ``TrainingLoop`` tells while it runs.
public enum TrainingEvent: Sendable {
  /// A step is done.
  case step(StepRecord)
  /// An epoch is done, and measured where there is something to measure it on.
  case epoch(EpochRecord)
  /// The run can be resumed from after so many steps.
  case checkpoint(stepCount: Int)
  /// So many epochs have not bettered the score.
  case stoppedEarly(patience: Int)
}

/// What one step did, for the progress line and the log.
public struct StepRecord: Sendable, Equatable {
  /// The step, from 1.
  public let step: Int
  /// How many steps all epochs have.
  public let totalSteps: Int
  /// The epoch, from 1.
  public let epoch: Int
  public let outcome: StepOutcome
  /// The mean of the losses, each weighing a twentieth less than the next.
  public let smoothedLoss: Double
  public let learningRate: Double
  public let exampleCount: Int
  /// What the step took.
  public let seconds: Double
  /// What is left of the run, evaluations included, as far as can be told.
  public let secondsLeft: Double

  public var examplesPerSecond: Double { Double(exampleCount) / max(seconds, 1e-9) }
  public var tokensPerSecond: Double { Double(outcome.tokenCount) / max(seconds, 1e-9) }
}

/// What one epoch did.
public struct EpochRecord: Sendable, Equatable, Codable {
  /// From 1.
  public let epoch: Int
  /// How many steps this and all earlier epochs had.
  public let stepCount: Int
  /// The mean over the epoch's examples, as the model was when it saw them.
  public let trainingLoss: Double
  /// The figures on the validation texts; nil where there are none.
  public let figures: EpochFigures?
  /// Whether it is better than all before it.
  public let isBest: Bool
  /// Of its steps, without the evaluation.
  public let seconds: Double
}

extension EpochRecord {
  /// The figures by the names that they have in JSON, in alphabetical order.
  package var validationMembers: [(key: String, value: any Encodable)] {
    (figures?.figures ?? [:]).sorted { $0.key < $1.key }.map { ("validation_\($0.key)", $0.value) }
  }
}

/// What became of a run.
public struct TrainingOutcome: Sendable, Equatable {
  /// Whether the run was asked to stop before its end: the checkpoint tells how far it came.
  public let isInterrupted: Bool
  /// All epochs that were done, also before the run was resumed.
  public let epochs: [EpochRecord]
  /// The epoch whose parameters the learner has now, but for an interrupted run; nil without
  /// evaluations, where they are those of the last one.
  public let best: EpochRecord?
  public let stepCount: Int
  /// Steps and evaluations, also before the run was resumed.
  public let seconds: Double
}
