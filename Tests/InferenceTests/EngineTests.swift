import Synchronization
import Testing

@testable import Inference

@Suite(.timeLimit(.minutes(2))) struct EngineTests {
  let task = CountingTask()

  private func engine(
    threads: Int = 1, batchTokens: Int = 100, limits: EngineLimits = .none
  ) -> Engine<CountingTask> {
    Engine(task, threads: threads, batchTokens: batchTokens, limits: limits)
  }

  private var batches: [CountingTask.Batch] { task.log.batches.withLock { $0 } }

  @Test(arguments: [1, 2, 7]) func answersComeInTheOrderOfTheInputs(threads: Int) async throws {
    let inputs = (0..<2_000).map { CountingTask.Input(id: $0, lengths: [1 + $0 % 40]) }
    let answers = try await engine(threads: threads).answers(to: inputs)
    #expect(answers.map(\.id) == inputs.map(\.id))
    #expect(answers.map(\.lengths) == inputs.map(\.lengths))
    #expect(batches.allSatisfy { $0.tokenCount <= 100 })
    // 41,000 tokens fill 410 batches; half full on average they would be 820.
    #expect(batches.count < 615)
  }

  @Test func noInputsHaveNoAnswers() async throws {
    #expect(try await engine().answers(to: []).isEmpty)
    #expect(batches.isEmpty)
  }

  @Test func anInputLongerThanABatchHasItsOwn() async throws {
    let answers = try await engine().answers(to: [
      .init(id: 1), .init(id: 2, lengths: [500]), .init(id: 3),
    ])
    #expect(answers.map(\.id) == [1, 2, 3])
    #expect(batches.map(\.tokenCount).max() == 500)
  }

  @Test func sequencesOfOneInputFillSeveralBatches() async throws {
    let book = CountingTask.Input(id: 7, lengths: [Int](repeating: 30, count: 1_000))
    let answers = try await engine(threads: 2).answers(to: [.init(id: 1), book, .init(id: 2)])
    #expect(answers.map(\.id) == [1, 7, 2])
    #expect(answers[1].lengths == book.lengths)
    #expect(batches.allSatisfy { $0.tokenCount <= 100 })
  }

  @Test func aSmallCallIsAnsweredWithinAFewBatchesOfALargeOne() async throws {
    let engine = engine()
    task.log.hold()
    let large = Task {
      try await engine.answers(to: (0..<100_000).map { CountingTask.Input(id: $0) })
    }
    #expect(await eventually { batches.count == 1 })
    let small = Task { try await engine.answers(to: [.init(id: 500_000)]) }
    #expect(await eventually { engine.waiting.inputs == 100_000 - 10 + 1 })
    task.log.allow(3)
    #expect(try await small.value.map(\.id) == [500_000])
    #expect(batches.count <= 4)
    task.log.allowAll()
    #expect(try await large.value.count == 100_000)
  }

  @Test func thousandsOfCallersAreAllAnswered() async throws {
    let engine = engine(threads: 3)
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for caller in 0..<5_000 {
        group.addTask {
          try await engine.answers(to: (0...caller % 3).map { .init(id: caller + $0) })
            .reduce(0) { $0 + $1.id }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(
      sum
        == (0..<5_000).reduce(0) { sum, caller in
          (0...caller % 3).reduce(sum) { $0 + caller + $1 }
        })
    #expect(engine.waiting == (0, 0))
  }

  @Test func callersShareBatches() async throws {
    let engine = engine()
    task.log.hold()
    let first = Task { try await engine.answers(to: [.init(id: 0)]) }
    #expect(await eventually { batches.count == 1 })
    let others = (1...10).map { id in Task { try await engine.answers(to: [.init(id: id)]) } }
    #expect(await eventually { engine.waiting.inputs == 10 })
    task.log.allowAll()
    _ = try await first.value
    for other in others { _ = try await other.value }
    #expect(batches.map(\.ids.count) == [1, 10])
  }

  @Test func aRecordTellsWhereTheTimeWent() async throws {
    struct Expired: Error {}
    let engine = engine()
    let record = CallRecord(fault: Expired())
    let other = CallRecord(fault: Expired())
    task.log.hold()
    let first = Task {
      try await CallRecord.$current.withValue(record) {
        try await engine.answers(to: [.init(id: 0), .init(id: 1)])
      }
    }
    #expect(await eventually { batches.count == 1 })
    let start = ContinuousClock.now
    let second = Task {
      try await CallRecord.$current.withValue(other) {
        try await engine.answers(to: [.init(id: 2)])
      }
    }
    #expect(await eventually { engine.waiting.inputs == 1 })
    try await Task.sleep(for: .milliseconds(30))
    task.log.allowAll()
    _ = try await first.value
    _ = try await second.value
    let waited = start.duration(to: .now)
    #expect(record.times.inputs == 2 && record.times.largestBatch == 2)
    #expect(record.times.inference >= .milliseconds(30))
    // The second stood behind the first, and was in no model meanwhile.
    #expect(other.times.inputs == 1 && other.times.largestBatch == 1)
    #expect(other.times.queue >= .milliseconds(30) && other.times.queue <= waited)
    #expect(other.times.queue + other.times.inference + other.times.tokenization <= waited)
    // Nobody else is watched.
    _ = try await engine.answers(to: [.init(id: 3)])
    #expect(record.times.inputs == 2 && other.times.inputs == 1)
  }

  @Test func whatExpiresLeavesTheQueue() async throws {
    struct Expired: Error {}
    let engine = engine()
    task.log.hold()
    let first = Task { try await engine.answers(to: [.init(id: 0)]) }
    #expect(await eventually { batches.count == 1 })
    let record = CallRecord(fault: Expired())
    let second = Task {
      try await CallRecord.$current.withValue(record) {
        try await engine.answers(to: (1...50).map { .init(id: $0) })
      }
    }
    #expect(await eventually { engine.waiting.inputs == 50 })
    record.expire()
    await #expect(throws: Expired.self) { try await second.value }
    #expect(engine.waiting.inputs == 0)
    // What comes later under the same record is not begun.
    await #expect(throws: Expired.self) {
      try await CallRecord.$current.withValue(record) {
        try await engine.answers(to: [.init(id: 60)])
      }
    }
    #expect(engine.waiting == (0, 0))
    task.log.allowAll()
    #expect(try await first.value.map(\.id) == [0])
    #expect(try await engine.answers(to: [.init(id: 70)]).map(\.id) == [70])
    #expect(batches.flatMap(\.ids).filter { 1...60 ~= $0 }.isEmpty)
  }

  /// Whoever is cancelled before the queue has its inputs takes none away from others.
  @Test func callersThatGiveUpEarlyAreNotCounted() async throws {
    let engine = engine()
    for _ in 0..<500 {
      let caller = Task { try await engine.answers(to: (0..<5).map { .init(id: $0) }) }
      caller.cancel()
      _ = try? await caller.value
    }
    #expect(await eventually { engine.waiting == (0, 0) })
    #expect(try await engine.answers(to: [.init(id: 1)]).map(\.id) == [1])
  }

  @Test func aLoneBatchHasAllCoresAndOthersHaveOneEach() async throws {
    let engine = engine(threads: 2)
    _ = try await engine.answers(to: [.init(id: 1)])
    #expect(batches.map(\.hasTeam) == [true])
    task.log.hold()
    let many = Task { try await engine.answers(to: (0..<100).map { .init(id: $0) }) }
    #expect(await eventually { batches.count == 3 })
    #expect(batches[1...].allSatisfy { !$0.hasTeam })
    task.log.allowAll()
    #expect(try await many.value.count == 100)
  }

  @Test func computingHoldsUpNoTask() async throws {
    let engine = engine(threads: 4)
    task.log.hold()
    let callers = (0..<50).map { id in Task { try await engine.answers(to: [.init(id: id)]) } }
    #expect(await eventually { batches.count > 0 })
    // Every thread of Swift's concurrency would be held up, were the work done there.
    for _ in 0..<50 { await Task { await Task.yield() }.value }
    task.log.allowAll()
    for caller in callers { _ = try await caller.value }
  }

  @Test(arguments: [CountingTask.Fault.tokenizing, .running, .output, .answering])
  func anInputFailsAlone(fault: CountingTask.Fault) async throws {
    var inputs = (0..<30).map { CountingTask.Input(id: $0) }
    inputs[17].fault = fault
    let results = try await engine(threads: 2).results(of: inputs)
    #expect(results.count == 30)
    for (index, result) in results.enumerated() {
      switch result {
      case .success(let answer): #expect(answer.id == index && index != 17)
      case .failure(let error): #expect(error as? CountingTask.Fault == fault && index == 17)
      }
    }
  }

  @Test func theFirstFaultEndsACallThatWantsAllAnswers() async throws {
    let engine = engine()
    var inputs = (0..<10_000).map { CountingTask.Input(id: $0) }
    inputs[25].fault = .output
    inputs[26].fault = .running
    await #expect(throws: CountingTask.Fault.output) { try await engine.answers(to: inputs) }
    #expect(engine.waiting == (0, 0))
    #expect(batches.count < 20)
    #expect(try await engine.answers(to: [.init(id: 3)]).map(\.id) == [3])
  }

  @Test func aCancelledCallEndsAtOnceAndLeavesNothingBehind() async throws {
    let engine = engine()
    task.log.hold()
    let call = Task { try await engine.answers(to: (0..<1_000).map { .init(id: $0) }) }
    #expect(await eventually { batches.count == 1 })
    call.cancel()
    // Though its batch still runs.
    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(engine.waiting == (0, 0))
    task.log.allowAll()
    #expect(try await engine.answers(to: [.init(id: 3)]).map(\.id) == [3])
    #expect(batches.count == 2)
  }

  @Test func aCancelledTaskIsNotBegun() async throws {
    let engine = engine()
    let call = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await engine.answers(to: [.init(id: 1)])
    }
    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(batches.isEmpty)
  }

  @Test func aLongInputOfACancelledCallIsLeftInTheMiddle() async throws {
    let engine = engine()
    task.log.hold()
    let book = CountingTask.Input(id: 7, lengths: [Int](repeating: 100, count: 1_000))
    let call = Task { try await engine.answers(to: [book]) }
    #expect(await eventually { batches.count == 1 })
    call.cancel()
    await #expect(throws: CancellationError.self) { try await call.value }
    task.log.allowAll()
    #expect(try await engine.answers(to: [.init(id: 3)]).map(\.id) == [3])
    #expect(batches.count <= 3)
  }

  @Test func whatIsTooMuchIsRefused() async throws {
    let engine = engine(limits: EngineLimits(inputs: 20, tokens: 150))
    task.log.hold()
    let first = Task { try await engine.answers(to: [.init(id: 1)]) }
    #expect(await eventually { batches.count == 1 })
    let second = Task { try await engine.answers(to: (0..<15).map { .init(id: $0) }) }
    #expect(await eventually { engine.waiting == (15, 150) })
    await #expect(
      throws: EngineError.overloaded(
        waitingInputs: 15, waitingTokens: 150, limits: EngineLimits(inputs: 20, tokens: 150))
    ) { try await engine.answers(to: [.init(id: 2)]) }
    #expect(engine.waiting == (15, 150))
    task.log.allowAll()
    #expect(try await first.value.count == 1)
    #expect(try await second.value.count == 15)
    await #expect(throws: EngineError.self) {
      try await engine.answers(to: (0..<21).map { .init(id: $0, lengths: [1]) })
    }
  }

  @Test func aBlockingCallWorksBesideTheQueue() async throws {
    let engine = engine()
    #expect(try engine.blockingAnswer(to: .init(id: 4)).id == 4)
    #expect(throws: CountingTask.Fault.answering) {
      try engine.blockingAnswer(to: .init(id: 4, fault: .answering))
    }
    #expect(throws: CountingTask.Fault.tokenizing) {
      try engine.blockingAnswer(to: .init(id: 4, fault: .tokenizing))
    }
    #expect(try engine.blockingAnswer(to: .init(id: 5, lengths: [90, 90])).lengths == [90, 90])
  }

  @Test func threadsEndWithTheEngine() async throws {
    weak var log: CountingTask.Log?
    do {
      let task = CountingTask()
      log = task.log
      let engine = Engine(task, threads: 2, batchTokens: 100)
      _ = try await engine.answers(to: (0..<100).map { .init(id: $0) })
    }
    // The threads hold on to it until they end.
    let isGone = await eventually { log == nil }
    #expect(isGone)
  }
}
