import Synchronization

/// What one caller asked: inputs that wait for a worker, and where their answers go.
final class Job<Use: ModelTask>: Sendable {
  /// Called with inputs that have been answered, by their numbers, on the thread that answered them:
  /// once for each.
  typealias Answer = @Sendable (Job, Answers) -> Void
  typealias Answers = [(number: Int, result: Result<Use.Answer, any Error>)]

  private let answer: Answer
  private let cancelled = Atomic(false)
  /// Of the caller that wants to know of its inputs.
  let record: CallRecord?
  /// When it came, where that is asked for.
  let start: ContinuousClock.Instant?

  // These are the queue's, which touches them under its lock alone.
  nonisolated(unsafe) private var inputs: [Use.Input]
  nonisolated(unsafe) private var next = 0
  /// The number of the input that stands first in `inputs`.
  nonisolated(unsafe) private var base = 0
  /// Whether the queue counts the job's inputs among those that wait.
  nonisolated(unsafe) var isCounted = false
  /// Whether the queue has the job in its ring.
  nonisolated(unsafe) var isQueued = false

  init(
    _ inputs: [Use.Input] = [], record: CallRecord? = nil, answer: @escaping Answer
  ) {
    self.inputs = inputs
    self.record = record
    start = record.map { _ in .now }
    self.answer = answer
  }

  func deliver(_ answers: Answers) { answer(self, answers) }

  /// Whether nobody waits for the answers any more.
  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  func cancel() { cancelled.store(true, ordering: .relaxed) }

  var waiting: ArraySlice<Use.Input> { inputs[next...] }

  var first: Use.Input? { next < inputs.count ? inputs[next] : nil }

  /// Takes the input that has waited longest, with its number.
  func popFirst() -> (number: Int, input: Use.Input) {
    defer { next += 1 }
    return (base + next, inputs[next])
  }

  /// Adds inputs behind those that wait; those that are gone make room.
  func append(_ more: [Use.Input]) {
    inputs.removeFirst(next)
    base += next
    next = 0
    inputs += more
  }

  /// Takes all that wait, and tells their numbers.
  func removeAll() -> Range<Int> {
    defer {
      base += inputs.count
      inputs = []
      next = 0
    }
    return base + next..<base + inputs.count
  }
}
