import ArgumentParser
import Training

extension TrainingOptions {
  /// Trains as the options say, tells how far it is, and stops where a signal asks for it.
  ///
  /// - Parameter identity: What else must stay the same for a run to be resumed.
  /// - Throws: `ExitCode` after a signal, with a checkpoint written, and what ``TrainingLoop`` throws.
  func train(
    _ learner: some Learner, in destination: ModelFolder, identity: [String: String],
    interruption: Interruption
  ) throws -> TrainingOutcome {
    let progress = TrainingProgress(epochCount: epochs)
    defer { progress.clear() }
    let loop = TrainingLoop(
      settings: loopSettings, folder: destination.url, identity: identity)
    let outcome = try loop.run(
      learner, isResuming: isResuming, report: { progress.tell($0) },
      isInterrupted: { interruption.exitCode != nil })
    if outcome.isInterrupted, let code = interruption.exitCode {
      progress.clear()
      StandardError.line(
        "stopped after \(outcome.stepCount) steps; the same command with --resume goes on from there"
      )
      throw ExitCode(code)
    }
    return outcome
  }
}
