import Synchronization
import Tensors
import Testing

@testable import Inference

@Suite(.timeLimit(.minutes(2))) struct EngineStreamTests {
  typealias Stream = EngineStream<CountingTask, String>

  let task = CountingTask()

  private func stream(threads: Int = 2) -> Stream {
    Engine(task, threads: threads, batchTokens: 100).stream(of: String.self)
  }

  /// Pushes from a thread of its own, as a reader of a file does; counts what was taken.
  private func push(_ groups: [[Stream.Item]], to stream: Stream) -> Monitor<Int> {
    let pushed = Monitor(0)
    let code = DetachedThread.start {
      for group in groups {
        guard (try? stream.push(group)) == true else { return }
        pushed.withLock { $0 += group.count }
      }
      stream.finish()
    }
    #expect(code == nil)
    return pushed
  }

  private func items(_ ids: Range<Int>) -> [Stream.Item] {
    ids.map { Stream.Item("\($0)", input: .init(id: $0)) }
  }

  @Test(arguments: [1, 2, 5]) func outcomesComeInOrder(threads: Int) async throws {
    let stream = stream(threads: threads)
    let groups = (0..<200).map { group in
      (0..<13).map { place in
        let id = group * 13 + place
        return Stream.Item(
          "\(id)", input: id % 7 == 3 ? nil : .init(id: id, lengths: [1 + id % 50]))
      }
    }
    _ = push(groups, to: stream)
    var next = 0
    while true {
      let outcomes = await stream.next()
      if outcomes.isEmpty { break }
      for outcome in outcomes {
        #expect(outcome.context == "\(next)")
        let answer = try outcome.result?.get()
        #expect(answer?.id == (next % 7 == 3 ? nil : next))
        next += 1
      }
    }
    #expect(next == 2_600)
  }

  @Test func outcomesComeBeforeTheNextInput() async throws {
    // Somebody types: each answer is there before anything more is asked.
    let stream = stream()
    for id in 0..<20 {
      #expect(try stream.push(items(id..<id + 1)))
      let outcomes = await stream.next()
      #expect(outcomes.map(\.context) == ["\(id)"])
    }
    stream.finish()
    #expect(await stream.next().isEmpty)
  }

  @Test func whoPushesTooFastWaits() async throws {
    let stream = stream()
    let pushed = push((0..<1_000).map { items($0 * 10..<$0 * 10 + 10) }, to: stream)
    // 8 batches of 10 inputs may be under way, while nobody takes what is ready.
    #expect(await eventually { pushed.withLock { $0 } == 80 })
    try await Task.sleep(for: .milliseconds(20))
    #expect(pushed.withLock { $0 } == 80)
    var count = 0
    while true {
      let outcomes = await stream.next()
      if outcomes.isEmpty { break }
      count += outcomes.count
      #expect(pushed.withLock { $0 } - count <= 90)
    }
    #expect(count == 10_000)
  }

  @Test func aFaultIsAnOutcomeOfItsPlace() async throws {
    let stream = stream()
    var group = items(0..<30)
    group[11] = Stream.Item("11", input: .init(id: 11, fault: .output))
    _ = push([group], to: stream)
    var faults: [String] = []
    var count = 0
    while true {
      let outcomes = await stream.next()
      if outcomes.isEmpty { break }
      count += outcomes.count
      for outcome in outcomes {
        if case .failure? = outcome.result { faults.append(outcome.context) }
      }
    }
    #expect(count == 30)
    #expect(faults == ["11"])
  }

  @Test func aFinishedStreamTakesNothingMoreAndAnswersTheRest() async throws {
    let stream = stream()
    #expect(try stream.push(items(0..<25)))
    stream.finish()
    #expect(try !stream.push(items(25..<30)))
    var count = 0
    while true {
      let outcomes = await stream.next()
      if outcomes.isEmpty { break }
      count += outcomes.count
    }
    #expect(count == 25)
  }

  @Test func aStoppedStreamAnswersWhatAWorkerHasTaken() async throws {
    let stream = stream(threads: 1)
    task.log.hold()
    let pushed = push((0..<1_000).map { items($0 * 10..<$0 * 10 + 10) }, to: stream)
    #expect(await eventually { pushed.withLock { $0 } >= 40 })
    #expect(await eventually { !task.log.batches.withLock { $0.isEmpty } })
    stream.stop()
    task.log.allowAll()
    var taken: [String] = []
    while true {
      let outcomes = await stream.next()
      if outcomes.isEmpty { break }
      taken += outcomes.map(\.context)
      for outcome in outcomes { #expect((try? outcome.result?.get()) != nil) }
    }
    // One batch.
    #expect(taken == (0..<10).map { "\($0)" })
    #expect(try !stream.push(items(0..<1)))
  }

  @Test func aCancelledStreamEndsAtOnce() async throws {
    let stream = stream(threads: 1)
    task.log.hold()
    let pushed = push((0..<1_000).map { items($0 * 10..<$0 * 10 + 10) }, to: stream)
    #expect(await eventually { pushed.withLock { $0 } >= 40 })
    stream.cancel()
    #expect(await stream.next().isEmpty)
    #expect(try !stream.push(items(0..<1)))
    task.log.allowAll()
  }
}
