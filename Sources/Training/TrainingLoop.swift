#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Trains a ``Learner``: epochs in an order that the seed gives, a learning rate that warms up and
/// decays, an evaluation after each epoch, checkpoints from which a run that was broken off goes on
/// bit for bit, and in the end the parameters of the best epoch.
public struct TrainingLoop: Sendable {
  public struct Settings: Sendable, Equatable {
    public var epochs = 4
    /// Examples of a step.
    public var batchSize = 32
    /// The highest one.
    public var learningRate = 5e-5
    /// The share of all steps in which the learning rate rises.
    public var warmup = 0.1
    /// Stop after so many epochs without a better score; nil: never.
    public var patience: Int?
    public var seed: UInt64 = 0
    /// Minutes from one checkpoint to the next within an epoch; 0: after every step.
    public var checkpointMinutes = 2.0

    public init() {}
  }

  public let settings: Settings
  /// Where `checkpoint/` and `training-log.jsonl` go; made if it is not there.
  public let folder: URL
  /// What else must be the same for a run to be resumed, by the name that a message gives it: digests
  /// of data, paths, other options. The loop adds its own settings.
  public let identity: [String: String]

  public init(settings: Settings, folder: URL, identity: [String: String] = [:]) {
    self.settings = settings
    self.folder = folder
    self.identity = identity
  }
}

extension TrainingLoop {
  /// Trains to the end, or until it is asked to stop.
  ///
  /// - Parameters:
  ///   - isResuming: Go on from the checkpoint in ``folder``.
  ///   - isInterrupted: Asked between steps; where true, the loop writes a checkpoint and returns.
  ///   - report: Called for each event, on the calling thread.
  /// - Throws: ``TrainingError``; then the last checkpoint is whole.
  public func run(
    _ learner: some Learner, isResuming: Bool = false, isInterrupted: () -> Bool = { false },
    report: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingOutcome {
    fatalError()
  }
}
