import Checkpoints
import Files
import Tensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Trains a ``Learner``: epochs in an order that the seed gives, a learning rate that warms up and
/// decays, an evaluation after each epoch, checkpoints from which a run that was broken off goes on
/// bit for bit, and in the end the parameters of the best epoch.
public struct TrainingLoop: Sendable {
  /// The defaults are those of transformers' `TrainingArguments` but for epochs, batch size and warm-up.
  public struct Settings: Sendable, Equatable {
    /// How often each example is seen.
    public var epochs = 4
    /// How many examples a step has.
    public var batchSize = 32
    /// The highest one.
    public var learningRate = 5e-5
    /// The share of all steps in which the learning rate rises.
    public var warmup = 0.1
    /// Stop after so many epochs without a better score; nil: never.
    public var patience: Int?
    /// The seed of the order of the examples.
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

  /// Makes a loop that has not begun.
  ///
  /// - Parameters:
  ///   - settings: How long, how fast, and how often a checkpoint.
  ///   - folder: As ``folder``.
  ///   - identity: As ``identity``.
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
  ///   - learner: What is trained.
  ///   - isResuming: Go on from the checkpoint in ``folder``; else one that is there is removed.
  ///   - report: Called for each event, on the calling thread.
  ///   - isInterrupted: Asked between steps; where true, the loop writes a checkpoint and returns.
  /// - Throws: ``TrainingError``, then the last checkpoint is whole; and what learner and `report`
  ///   throw.
  public func run(
    _ learner: some Learner, isResuming: Bool = false,
    report: @escaping (TrainingEvent) throws -> Void = { _ in },
    isInterrupted: @escaping () -> Bool = { false }
  ) throws -> TrainingOutcome {
    let run = try TrainingRun(
      self, learner, isResuming: isResuming, isInterrupted: isInterrupted, report: report)
    return try run.toItsEnd()
  }

  /// Whether a folder has a checkpoint to resume from.
  public static func canResume(in folder: URL) -> Bool {
    TrainingCheckpoint(of: folder).exists
  }

  /// Whether a run has begun in a folder, or ended there.
  package static func hasBegun(in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: TrainingLog.fileName).path)
  }

  /// Whether a run has ended in a folder. Its model takes the place of the run's folder in one step, and
  /// has no checkpoints; an older model may be there until then.
  package static func isFinished(in folder: URL) -> Bool {
    hasBegun(in: folder)
      && FileManager.default.fileExists(
        atPath: folder.appending(path: ModelFileName.safetensors).path)
      && !FileManager.default.fileExists(atPath: TrainingCheckpoint(of: folder).folder.path)
  }

  /// The examples of each step of an epoch, in an order that seed and epoch give.
  static func batches(
    epoch: Int, exampleCount: Int, batchSize: Int, seed: UInt64
  ) -> [ArraySlice<Int>] {
    var generator = SplitMix64(seed, 0x6F72_6465_72, UInt64(epoch))  // "order"
    let order = generator.permutation(exampleCount)
    return stride(from: 0, to: exampleCount, by: batchSize).map {
      order[$0..<min($0 + batchSize, exampleCount)]
    }
  }

  /// ``identity`` and those settings that change the outcome.
  fileprivate func wholeIdentity(exampleCount: Int) -> [String: String] {
    var all = identity
    all["the number of epochs"] = "\(settings.epochs)"
    all["the batch size"] = "\(settings.batchSize)"
    all["the learning rate"] = "\(settings.learningRate)"
    all["the share of warm-up"] = "\(settings.warmup)"
    all["the patience"] = settings.patience.map(String.init) ?? "none"
    all["the seed"] = "\(settings.seed)"
    all["the number of training examples"] = "\(exampleCount)"
    return all
  }
}

/// One run of a loop, as it goes on.
private final class TrainingRun<Subject: Learner> {
  private let loop: TrainingLoop
  private let learner: Subject
  private let isInterrupted: () -> Bool
  private let report: (TrainingEvent) throws -> Void
  private let checkpoint: TrainingCheckpoint
  private let log: TrainingLog
  private let schedule: LearningRateSchedule
  private let stepsPerEpoch: Int
  private var position: TrainingPosition
  /// Steps that the checkpoint on the disk has done.
  private var checkpointedSteps: Int?
  private var lastCheckpoint = ContinuousClock.now
  /// What this process has done, for the time left.
  private var (ownSteps, ownStepSeconds, evaluationSeconds) = (0, 0.0, 0.0)

  private var settings: TrainingLoop.Settings { loop.settings }

  init(
    _ loop: TrainingLoop, _ learner: Subject, isResuming: Bool, isInterrupted: @escaping () -> Bool,
    report: @escaping (TrainingEvent) throws -> Void
  ) throws {
    try loop.settings.check()
    let count = learner.exampleCount
    guard count > 0 else { throw TrainingError.wrongExamples(part: "training", problem: "none") }
    self.loop = loop
    self.learner = learner
    self.isInterrupted = isInterrupted
    self.report = report
    checkpoint = TrainingCheckpoint(of: loop.folder)
    stepsPerEpoch = (count + loop.settings.batchSize - 1) / loop.settings.batchSize
    schedule = LearningRateSchedule(
      peak: loop.settings.learningRate, warmup: loop.settings.warmup,
      totalSteps: loop.settings.epochs * stepsPerEpoch)
    let identity = loop.wholeIdentity(exampleCount: count)
    if isResuming {
      position = try checkpoint.read()
      try position.check(
        identity: identity, epochs: loop.settings.epochs, stepsPerEpoch: stepsPerEpoch,
        of: checkpoint)
      do {
        try learner.restore(
          state: checkpoint.tensors(position.stateFile), stepCount: position.stepCount)
      } catch let error as CheckpointError {
        throw TrainingError.damagedCheckpoint(file: error.file, problem: error.problem)
      }
      checkpointedSteps = position.stepCount
    } else {
      position = TrainingPosition(identity: identity)
      checkpoint.remove()
    }
    do {
      try checkpoint.createFolder()
      log = try TrainingLog(in: loop.folder, keeping: position.logByteCount)
    } catch {
      throw TrainingError.cannotWrite(
        reason: "cannot write \(loop.folder.path): \(systemReason(error))",
        lastCheckpoint: checkpointedSteps)
    }
  }

  func toItsEnd() throws -> TrainingOutcome {
    while position.epoch < settings.epochs, !hasStoppedEarly {
      let batches = TrainingLoop.batches(
        epoch: position.epoch, exampleCount: learner.exampleCount, batchSize: settings.batchSize,
        seed: settings.seed)
      for index in position.stepCount - position.epoch * stepsPerEpoch..<stepsPerEpoch {
        if isInterrupted() {
          if position.stepCount != checkpointedSteps { try save() }
          return outcome(isInterrupted: true)
        }
        try step(Array(batches[index]))
        // The end of an epoch has a checkpoint of its own.
        if index + 1 < stepsPerEpoch, isCheckpointDue { try save() }
      }
      try endEpoch()
    }
    try writing { try log.close() }
    if let best = position.best, best != position.epochs.count - 1, let file = position.bestFile {
      try learner.restore(parameters: checkpoint.tensors(file))
    }
    return outcome(isInterrupted: false)
  }

  private func step(_ examples: [Int]) throws {
    let start = ContinuousClock.now
    let learningRate = schedule.rate(at: position.stepCount)
    let batch = TrainingBatch(
      epoch: position.epoch, step: position.stepCount, examples: examples)
    let outcome: StepOutcome
    do {
      outcome = try learner.step(batch, learningRate: learningRate)
      guard outcome.loss.isFinite else { throw TrainingError.notFinite("the loss") }
    } catch TrainingError.notFinite(let what) {
      throw TrainingError.diverged(
        what: what, step: position.stepCount + 1, epoch: position.epoch + 1,
        learningRate: learningRate, checkpoint: checkpointedSteps)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    ownSteps += 1
    ownStepSeconds += seconds
    position.stepCount += 1
    position.seconds += seconds
    position.epochSeconds += seconds
    position.epochLossSum += outcome.loss * Double(examples.count)
    let smoothed = position.smoothedLoss.map { $0 * 0.95 + outcome.loss * 0.05 } ?? outcome.loss
    position.smoothedLoss = smoothed
    let record = StepRecord(
      step: position.stepCount, totalSteps: schedule.totalSteps, epoch: position.epoch + 1,
      outcome: outcome, smoothedLoss: smoothed, learningRate: learningRate,
      exampleCount: examples.count, seconds: seconds, secondsLeft: secondsLeft)
    try writing { try log.append(record) }
    try report(.step(record))
  }

  private func endEpoch() throws {
    let start = ContinuousClock.now
    let figures = try learner.evaluate()
    evaluationSeconds = (ContinuousClock.now - start) / .seconds(1)
    position.seconds += evaluationSeconds
    let best = position.best.flatMap { position.epochs[$0].figures }
    let isBest = figures.map { figures in best.map(figures.isBetter) ?? true } ?? false
    let record = EpochRecord(
      epoch: position.epoch + 1, stepCount: position.stepCount,
      trainingLoss: position.epochLossSum / Double(learner.exampleCount), figures: figures,
      isBest: isBest, seconds: position.epochSeconds)
    try writing { try log.append(record) }
    position.epochs.append(record)
    if isBest {
      let name = "best-\(position.stepCount).safetensors"
      try writing { try checkpoint.write(learner.parameters, to: name) }
      position.best = position.epochs.count - 1
      position.bestFile = name
      position.epochsWithoutGain = 0
    } else if figures != nil {
      position.epochsWithoutGain += 1
    }
    position.epoch += 1
    position.epochLossSum = 0
    position.epochSeconds = 0
    try report(.epoch(record))
    try save()
    if hasStoppedEarly, position.epoch < settings.epochs, let patience = settings.patience {
      try report(.stoppedEarly(patience: patience))
    }
  }

  private var hasStoppedEarly: Bool {
    settings.patience.map { position.epochsWithoutGain >= $0 } ?? false
  }

  private var isCheckpointDue: Bool {
    (ContinuousClock.now - lastCheckpoint) / .seconds(60) >= settings.checkpointMinutes
  }

  private func save() throws {
    let name = "state-\(position.stepCount).safetensors"
    var next = position
    next.stateFile = name
    next.logByteCount = log.byteCount
    try writing {
      try checkpoint.write(learner.state, to: name)
      try checkpoint.commit(next)
    }
    position = next
    checkpointedSteps = position.stepCount
    lastCheckpoint = .now
    try report(.checkpoint(stepCount: position.stepCount))
  }

  private func writing(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as FileError {
      throw TrainingError.cannotWrite(
        reason: error.description, lastCheckpoint: checkpointedSteps)
    }
  }

  private var secondsLeft: Double {
    let steps = Double(schedule.totalSteps - position.stepCount)
    return steps * ownStepSeconds / Double(ownSteps)
      + Double(settings.epochs - position.epoch) * evaluationSeconds
  }

  private func outcome(isInterrupted: Bool) -> TrainingOutcome {
    TrainingOutcome(
      isInterrupted: isInterrupted, epochs: position.epochs,
      best: position.best.map { position.epochs[$0] }, stepCount: position.stepCount,
      seconds: position.seconds)
  }
}

extension TrainingPosition {
  /// Whether the run that this is a position of can go on as the one that is asked for.
  fileprivate func check(
    identity expected: [String: String], epochs epochCount: Int, stepsPerEpoch: Int,
    of checkpoint: TrainingCheckpoint
  ) throws(TrainingError) {
    for name in Set(identity.keys).union(expected.keys).sorted() {
      guard identity[name] == expected[name] else {
        throw .otherRun(
          name: name, checkpoint: identity[name] ?? "not given", now: expected[name] ?? "not given",
          folder: checkpoint.folder.deletingLastPathComponent().path)
      }
    }
    let steps = epoch &* stepsPerEpoch
    guard (0...epochCount).contains(epoch), (steps...steps + stepsPerEpoch).contains(stepCount),
      epochs.count == epoch, best.map({ epochs.indices.contains($0) }) ?? true, logByteCount >= 0,
      !stateFile.contains("/"), !(bestFile ?? "").contains("/")
    else {
      throw .damagedCheckpoint(file: checkpoint.folder.path, problem: "is at odds with itself")
    }
  }
}
