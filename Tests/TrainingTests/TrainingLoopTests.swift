import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import Training

/// The loop by itself, with a learner whose every number can be told in advance.
@Suite struct TrainingLoopTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func loop(_ change: (inout TrainingLoop.Settings) -> Void = { _ in }) -> TrainingLoop {
    var settings = TrainingLoop.Settings()
    settings.epochs = 3
    settings.batchSize = 4
    settings.learningRate = 0.1
    settings.seed = 7
    change(&settings)
    return TrainingLoop(
      settings: settings, folder: scratch.url.appending(path: "run"), identity: ["the data": "d1"])
  }

  @Test func settingsThatCannotBeAreRefusedByName() throws {
    let cases: [((inout TrainingLoop.Settings) -> Void, String)] = [
      ({ $0.epochs = 0 }, "epochs"), ({ $0.batchSize = -1 }, "batch size"),
      ({ $0.learningRate = 0 }, "learning rate"), ({ $0.learningRate = .nan }, "learning rate"),
      ({ $0.learningRate = -5e-5 }, "learning rate"), ({ $0.warmup = 1.5 }, "warm-up"),
      ({ $0.patience = 0 }, "patience"), ({ $0.checkpointMinutes = -1 }, "minutes"),
    ]
    for (change, name) in cases {
      do {
        _ = try loop(change).run(LineLearner(exampleCount: 4))
        Issue.record("\(name) is taken")
      } catch let error as TrainingError {
        guard case .wrongSetting(let setting, _, _) = error else { throw error }
        #expect(setting.contains(name))
        #expect(error.localizedDescription == error.description)
      }
    }
  }

  private func logLines() throws -> [String] {
    try String(contentsOf: scratch.url.appending(path: "run/training-log.jsonl"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  @Test func goesThroughEveryExampleOnceAnEpoch() throws {
    let learner = LineLearner(exampleCount: 10)
    let outcome = try loop().run(learner)
    #expect(outcome.stepCount == 9)
    #expect(outcome.epochs.map(\.epoch) == [1, 2, 3])
    #expect(learner.batches.map(\.step) == Array(0..<9))
    #expect(learner.batches.map(\.epoch) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(learner.batches.map(\.examples.count) == [4, 4, 2, 4, 4, 2, 4, 4, 2])
    for epoch in 0..<3 {
      let seen = learner.batches[epoch * 3..<epoch * 3 + 3].flatMap(\.examples)
      #expect(seen.sorted() == Array(0..<10))
    }
    #expect(
      learner.batches[0..<3].flatMap(\.examples) != learner.batches[3..<6].flatMap(\.examples))
    #expect(try logLines().count == 12)
    #expect(
      try logLines()[3].hasPrefix("{\"step\":3,\"epoch\":1,\"training_loss\":"))
  }

  @Test func theOrderIsTheSameOnEveryMachine() {
    let batches = TrainingLoop.batches(epoch: 1, exampleCount: 10, batchSize: 4, seed: 7)
    #expect(batches.map(Array.init) == [[0, 7, 3, 4], [8, 9, 1, 2], [5, 6]])
  }

  @Test func theRateIsTheSchedules() throws {
    let learner = LineLearner(exampleCount: 10)
    _ = try loop { $0.warmup = 0.3 }.run(learner)
    let schedule = LearningRateSchedule(peak: 0.1, warmupSteps: 3, totalSteps: 9)
    #expect(learner.rates == (0..<9).map(schedule.rate))
  }

  @Test(arguments: [1, 2, 4, 6, 8])
  func aRunThatIsResumedEndsAsAnUnbrokenOne(stopAfter: Int) throws {
    let whole = LineLearner(exampleCount: 10)
    _ = try loop().run(whole)
    let wholeLog = try logLines()

    let first = LineLearner(exampleCount: 10)
    let broken = try loop().run(first, isInterrupted: { first.batches.count == stopAfter })
    #expect(broken.isInterrupted && broken.stepCount == stopAfter)
    let second = LineLearner(exampleCount: 10)
    let outcome = try loop().run(second, isResuming: true)
    #expect(!outcome.isInterrupted && outcome.stepCount == 9 && outcome.epochs.count == 3)
    #expect(second.value == whole.value && second.momentum == whole.momentum)
    #expect(first.batches + second.batches == whole.batches)
    // All but the speed.
    #expect(try logLines().map(withoutSpeed) == wholeLog.map(withoutSpeed))
  }

  private func withoutSpeed(_ line: String) -> Substring {
    line.prefix(upTo: line.range(of: ",\"tokens_per_second\"")?.lowerBound ?? line.endIndex)
  }

  @Test func aKilledRunGoesOnFromItsLastCheckpoint() throws {
    struct Kill: Error {}
    let whole = LineLearner(exampleCount: 10)
    _ = try loop().run(whole)
    let first = LineLearner(exampleCount: 10)
    #expect(throws: Kill.self) {
      // A checkpoint after each step; killed between the fifth one's step and its checkpoint.
      try loop { $0.checkpointMinutes = 0 }.run(
        first,
        report: { event in
          if case .step(let record) = event, record.step == 5 { throw Kill() }
        })
    }
    let second = LineLearner(exampleCount: 10)
    _ = try loop().run(second, isResuming: true)
    #expect(second.batches.map(\.step) == Array(4..<9))
    #expect(second.value == whole.value)
    #expect(try logLines().count == 12)
  }

  @Test func theBestEpochIsKept() throws {
    let learner = LineLearner(exampleCount: 4, scores: [0.5, 0.9, 0.7])
    let outcome = try loop().run(learner)
    #expect(outcome.best?.epoch == 2)
    #expect(learner.value == learner.valueAfterStep[2 - 1])

    // Also where the run was broken off between the best epoch and the end.
    let first = LineLearner(exampleCount: 4, scores: [0.5, 0.9, 0.7])
    _ = try loop().run(first, isInterrupted: { first.batches.count == 2 })
    let second = LineLearner(exampleCount: 4, scores: [0.7])
    #expect(try loop().run(second, isResuming: true).best?.epoch == 2)
    #expect(second.value == learner.value)
  }

  @Test func ofEquallyGoodEpochsTheOneWithTheSmallerLossIsTheBest() {
    func figures(_ score: Double, _ loss: Double?) -> EpochFigures {
      EpochFigures(score: score, scoreName: "F1", figures: loss.map { ["loss": $0] } ?? [:])
    }
    #expect(figures(0.5, 2).isBetter(than: figures(0.4, 1)))
    #expect(figures(0.5, 1).isBetter(than: figures(0.5, 2)))
    #expect(!figures(0.5, 2).isBetter(than: figures(0.5, 2)))
    #expect(!figures(0.5, nil).isBetter(than: figures(0.5, 2)))
    #expect(!figures(.nan, nil).isBetter(than: figures(0.5, 2)))
  }

  @Test func settingsOutOfRangeAreRefused() {
    let changes: [(inout TrainingLoop.Settings) -> Void] = [
      { $0.epochs = 0 }, { $0.batchSize = 0 }, { $0.warmup = 2 }, { $0.warmup = .nan },
    ]
    for change in changes {
      #expect(throws: TrainingError.self) {
        try loop(change).run(LineLearner(exampleCount: 4))
      }
    }
    #expect(throws: TrainingError.self) { try loop().run(LineLearner(exampleCount: 0)) }
  }

  @Test func stopsEarly() throws {
    let learner = LineLearner(exampleCount: 4, scores: [0.5, 0.6, 0.6, 0.4, 0.9])
    var events: [String] = []
    let outcome = try loop {
      $0.epochs = 5
      $0.patience = 2
    }.run(
      learner,
      report: { event in
        if case .stoppedEarly(let patience) = event { events.append("\(patience)") }
      })
    #expect(outcome.epochs.count == 4 && outcome.best?.epoch == 2 && events == ["2"])
    #expect(learner.value == learner.valueAfterStep[1])
    // Resumed, it has nothing left to do.
    let again = LineLearner(exampleCount: 4)
    let resumed = try loop {
      $0.epochs = 5
      $0.patience = 2
    }.run(again, isResuming: true)
    #expect(again.batches.isEmpty && resumed.best?.epoch == 2 && again.value == learner.value)
  }

  @Test func withoutAnEvaluationTheLastEpochCounts() throws {
    let learner = LineLearner(exampleCount: 4, scores: nil)
    let outcome = try loop { $0.patience = 1 }.run(learner)
    #expect(outcome.best == nil && outcome.epochs.count == 3)
    #expect(learner.value == learner.valueAfterStep[2])
  }

  @Test func aRunWithOtherSettingsOrDataIsNotResumed() throws {
    let learner = LineLearner(exampleCount: 10)
    _ = try loop().run(learner, isInterrupted: { learner.batches.count == 2 })
    func refusal(_ loop: TrainingLoop, _ learner: LineLearner) -> String {
      do {
        _ = try loop.run(learner, isResuming: true)
        return "no refusal"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      refusal(loop { $0.learningRate = 0.2 }, LineLearner(exampleCount: 10))
        .contains("the learning rate was 0.1 and is 0.2 now"))
    #expect(
      refusal(loop(), LineLearner(exampleCount: 11))
        .contains("the number of training examples was 10 and is 11 now"))
    let other = TrainingLoop(
      settings: loop().settings, folder: loop().folder, identity: ["the data": "d2"])
    #expect(refusal(other, LineLearner(exampleCount: 10)).contains("the data was d1 and is d2 now"))
    // What does not change the outcome may change.
    #expect(
      throws: Never.self
    ) {
      try loop { $0.checkpointMinutes = 9 }.run(LineLearner(exampleCount: 10), isResuming: true)
    }
  }

  @Test func aDamagedCheckpointIsRefused() throws {
    let file = scratch.url.appending(path: "run/checkpoint/checkpoint.json")
    #expect(throws: TrainingError.noCheckpoint(folder: scratch.url.appending(path: "run").path)) {
      try loop().run(LineLearner(exampleCount: 10), isResuming: true)
    }
    let learner = LineLearner(exampleCount: 10)
    _ = try loop().run(learner, isInterrupted: { learner.batches.count == 2 })
    let text = try String(contentsOf: file, encoding: .utf8)
    for damaged in [
      "", "{", text.replacing("\"stepCount\" : 2", with: "\"stepCount\" : 200"),
      text.replacing("\"epoch\" : 0", with: "\"epoch\" : -1"),
      text.replacing("state-2", with: "state-3"), text.replacing("state-2", with: "../state-2"),
      text.replacing("\"version\" : 1", with: "\"version\" : 2"),
    ] {
      #expect(damaged != text)
      try Data(damaged.utf8).write(to: file)
      #expect(throws: TrainingError.self) {
        try loop().run(LineLearner(exampleCount: 10), isResuming: true)
      }
    }
    try Data(text.utf8).write(to: file)
    let state = file.deletingLastPathComponent().appending(path: "state-2.safetensors")
    let bytes = try Data(contentsOf: state)
    try bytes.dropLast(4).write(to: state)
    #expect(throws: TrainingError.self) {
      try loop().run(LineLearner(exampleCount: 10), isResuming: true)
    }
    try bytes.write(to: state)
    #expect(try loop().run(LineLearner(exampleCount: 10), isResuming: true).stepCount == 9)
  }

  @Test func divergenceIsToldWithItsStep() throws {
    let learner = LineLearner(exampleCount: 10, badStep: 4)
    do {
      _ = try loop { $0.checkpointMinutes = 0 }.run(learner)
      Issue.record("no error")
    } catch let error as TrainingError {
      guard case .diverged(let what, 5, 2, _, checkpoint: 4) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(what == "the loss")
    }
    // The checkpoint is whole.
    let second = LineLearner(exampleCount: 10)
    _ = try loop { $0.checkpointMinutes = 0 }.run(second, isResuming: true)
    #expect(second.batches.map(\.step) == Array(4..<9))
  }

  /// A perplexity can be beyond all numbers; JSON has none for it.
  @Test func figuresThatAreNoNumbers() throws {
    let stopped = LineLearner(exampleCount: 10)
    stopped.perplexity = .infinity
    var steps = 0
    let first = try loop().run(
      stopped,
      isInterrupted: {
        steps += 1
        return steps > 5
      })
    #expect(first.isInterrupted && first.epochs.count == 1)
    let line = try #require(try logLines().first { $0.contains("training_loss") })
    #expect(line.contains(#""validation_perplexity":null"#))
    let resumed = LineLearner(exampleCount: 10)
    let outcome = try loop().run(resumed, isResuming: true)
    #expect(outcome.epochs.first == first.epochs.first)
    #expect(outcome.epochs.first?.figures?.figures["perplexity"] == .infinity)
  }

  @Test func onlyOneCheckpointLies() throws {
    let learner = LineLearner(exampleCount: 10)
    _ = try loop { $0.checkpointMinutes = 0 }.run(learner)
    let names = try FileManager.default.contentsOfDirectory(
      atPath: scratch.url.appending(path: "run/checkpoint").path)
    #expect(names.sorted() == ["best-9.safetensors", "checkpoint.json", "state-9.safetensors"])
  }
}

/// A number that each step moves by its examples, with a momentum: what comes out depends on the
/// order of everything.
private final class LineLearner: Learner {
  let exampleCount: Int
  var value: Float = 1
  var momentum: Float = 0
  var batches: [TrainingBatch] = []
  var rates: [Double] = []
  var valueAfterStep: [Int: Float] = [:]
  var perplexity: Double?
  private var scores: [Double]?
  private let badStep: Int?
  private var stepCount = 0

  /// - Parameter scores: Of the epochs, one after the other; where there are none, the value, which
  ///   rises.
  init(exampleCount: Int, scores: [Double]? = [], badStep: Int? = nil) {
    self.exampleCount = exampleCount
    self.scores = scores
    self.badStep = badStep
  }

  func step(_ batch: TrainingBatch, learningRate: Double) throws -> StepOutcome {
    if batch.step == badStep { throw TrainingError.notFinite("the loss") }
    batches.append(batch)
    rates.append(learningRate)
    #expect(batch.step == stepCount)
    stepCount += 1
    for example in batch.examples {
      momentum = momentum * 0.9 + Float(example) * 0.01
      value += momentum * Float(learningRate)
    }
    valueAfterStep[batch.step] = value
    return StepOutcome(
      lossParts: LossParts(["value": Double(value)]), gradientNorm: Double(momentum),
      tokenCount: batch.examples.count)
  }

  func evaluate() throws -> EpochFigures? {
    guard scores != nil else { return nil }
    let score = scores!.isEmpty ? Double(value) : scores!.removeFirst()
    var figures = ["score": score]
    figures["perplexity"] = perplexity
    return EpochFigures(score: score, scoreName: "score", figures: figures)
  }

  var parameters: [NewTensor] { [NewTensor(name: "value", shape: [1], values: [value])] }

  var state: [NewTensor] {
    parameters + [NewTensor(name: "momentum", shape: [1], values: [momentum])]
  }

  func restore(state: StoredTensors, stepCount: Int) throws {
    try restore(parameters: state)
    momentum = try state.floats("momentum", shape: [1])[0]
    self.stepCount = stepCount
  }

  func restore(parameters: StoredTensors) throws {
    value = try parameters.floats("value", shape: [1])[0]
  }
}
