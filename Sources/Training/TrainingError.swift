public import Files

/// Why a training run ends before its time, or does not begin.
public enum TrainingError: DescribedError, Sendable, Equatable {
  /// A loss or a gradient that is infinite or no number.
  case notFinite(_ what: String)
  /// A loss or a gradient of a run that is infinite or no number, with its place in the run.
  case diverged(what: String, step: Int, epoch: Int, learningRate: Double, checkpoint: Int?)
  /// Texts and labels that do not go together.
  case wrongExamples(part: String, problem: String)
  /// A setting out of its range.
  case wrongSetting(String, value: String, expected: String)
  /// There is nothing to go on from.
  case noCheckpoint(folder: String)
  /// The checkpoint is of a run with another setting, or other data.
  case otherRun(name: String, checkpoint: String, now: String, folder: String)
  /// A checkpoint that cannot be read, or is damaged.
  case damagedCheckpoint(file: String, problem: String)
  /// A file system that refuses a checkpoint or the log.
  case cannotWrite(reason: String, lastCheckpoint: Int?)

  public var description: String {
    switch self {
    case .notFinite(let what):
      "\(what) is infinite or not a number"
    case .diverged(let what, let step, let epoch, let learningRate, let checkpoint):
      """
      \(what) is infinite or not a number at step \(step) (epoch \(epoch), learning rate \
      \(learningRate)), so the run has stopped; \
      \(step == 1
        ? "the weights that it began with may be damaged" : "start again with a smaller learning rate")\
      \(checkpoint.map { " (the checkpoint is of step \($0), before that)" } ?? "")
      """
    case .wrongExamples(let part, let problem):
      "the \(part) texts: \(problem)"
    case .wrongSetting(let name, let value, let expected):
      "\(name) is \(value); give \(expected)"
    case .noCheckpoint(let folder):
      "\(folder) has no checkpoint to resume from; start the run anew"
    case .otherRun(let name, let checkpoint, let now, let folder):
      """
      the checkpoint in \(folder) is of another run: \(name) was \(checkpoint) and is \(now) now; \
      resume with the same settings and data, or start anew
      """
    case .damagedCheckpoint(let file, let problem):
      "\(file): \(problem); the checkpoint cannot be used, start anew"
    case .cannotWrite(let reason, let lastCheckpoint):
      """
      \(reason)\(lastCheckpoint.map {
        "; the checkpoint of step \($0) is whole: mend this and go on from it"
      } ?? "; there is no checkpoint yet")
      """
    }
  }
}
