import Tensors

/// Inputs that come one after another, such as the rows of a file, and their answers, in the same order
/// and in constant memory.
///
/// One thread pushes and one task takes. Who pushes too fast is made to wait; who takes gets what is
/// ready as soon as everything before it is.
package final class EngineStream<Use: ModelTask, Context: Sendable>: Sendable {
  /// An input and what its caller keeps beside it.
  package struct Item: Sendable {
    package let context: Context
    /// Nil where nothing is asked: such an item only keeps its place.
    package let input: Use.Input?

    package init(_ context: Context, input: Use.Input?) {
      self.context = context
      self.input = input
    }
  }

  /// An item with its answer, or why there is none; nil where nothing was asked.
  package struct Outcome: Sendable {
    package let context: Context
    package let result: Result<Use.Answer, any Error>?
  }

  private struct Entry {
    let context: Context
    let tokens: Int
    let hasInput: Bool
    var result: Result<Use.Answer, any Error>?

    var isReady: Bool { result != nil || !hasInput }
  }

  private struct State {
    /// Items that were pushed and not yet taken, in order.
    var entries: [Entry] = []
    /// How many were taken.
    var taken = 0
    /// For each input among the entries, which item it is, counted from the stream's first.
    var items: [Int] = []
    /// How many inputs were taken.
    var takenInputs = 0
    /// Of the entries, by estimate.
    var tokens = 0
    var isFinished = false
    var taker: CheckedContinuation<[Outcome], Never>?
  }

  private let state: Monitor<State>
  private let job: Job<Use>
  private let engine: Engine<Use>
  /// How many tokens may be under way.
  private let window: Int

  init(_ engine: Engine<Use>) {
    let state = Monitor(State())
    self.state = state
    self.engine = engine
    // Enough that a batch which takes long holds nobody up.
    window = 4 * engine.threads * engine.batchTokens
    job = Job { _, answers in Self.settle(answers, state) }
  }

  /// Adds items behind those that came before; waits while too many are under way, so this is for a
  /// thread that may be kept waiting.
  ///
  /// - Returns: False where the stream has been finished, and the items are not taken.
  /// - Throws: ``EngineError/noThreads(code:)``.
  package func push(_ items: [Item]) throws(EngineError) -> Bool {
    let use = engine.use
    let isOpen = state.wait { state -> Bool? in
      if state.isFinished { return false }
      guard state.entries.isEmpty || state.tokens < window else { return nil }
      for item in items {
        let tokens = item.input.map { max(1, use.estimatedTokens($0)) } ?? 1
        if item.input != nil { state.items.append(state.taken + state.entries.count) }
        state.entries.append(
          Entry(context: item.context, tokens: tokens, hasInput: item.input != nil))
        state.tokens += tokens
      }
      return true
    }
    guard isOpen else { return false }
    let inputs = items.compactMap(\.input)
    if !inputs.isEmpty { try engine.queue.push(job, more: inputs, isLimited: false) }
    Self.handOver(state)
    return true
  }

  /// No more items come. Those under way are still answered.
  package func finish() {
    state.withLock { $0.isFinished = true }
    state.broadcast()
    Self.handOver(state)
  }

  /// As ``finish()``, and what no worker has taken yet is taken back: what is left is answered soon.
  package func stop() {
    let dropped = engine.queue.dropRest(of: job)
    state.withLock { state in
      // Somebody may push just now, who learns of it the next time.
      let first = dropped.lowerBound - state.takenInputs
      guard !dropped.isEmpty, state.items.indices.contains(first) else { return }
      let entries = state.items[first] - state.taken
      state.tokens -= state.entries[entries...].reduce(0) { $0 + $1.tokens }
      state.entries.removeSubrange(entries...)
      state.items.removeSubrange(first...)
      state.isFinished = true
    }
    finish()
  }

  /// Nobody wants the answers any more.
  package func cancel() {
    job.cancel()
    engine.queue.dropRest(of: job)
    state.withLock { $0.entries = [] }
    finish()
  }

  /// The next items, all that are ready; waits for one. Empty: the stream has been finished, and all
  /// have been taken.
  package func next() async -> [Outcome] {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        precondition(state.taker == nil, "one task takes from a stream")
        state.taker = continuation
      }
      Self.handOver(state)
    }
  }

  private static func settle(_ answers: Job<Use>.Answers, _ state: Monitor<State>) {
    let isNext = state.withLock { state in
      var isNext = false
      for (number, result) in answers {
        let input = number - state.takenInputs
        guard state.items.indices.contains(input) else { continue }
        let entry = state.items[input] - state.taken
        guard state.entries.indices.contains(entry) else { continue }
        state.entries[entry].result = result
        isNext = isNext || entry == 0
      }
      return isNext
    }
    if isNext { handOver(state) }
  }

  /// Gives the taker, if one waits, what is ready.
  private static func handOver(_ state: Monitor<State>) {
    let due = state.withLock { state -> (CheckedContinuation<[Outcome], Never>, [Outcome])? in
      guard let taker = state.taker else { return nil }
      let ready = state.entries.prefix(while: \.isReady)
      guard !ready.isEmpty || (state.isFinished && state.entries.isEmpty) else { return nil }
      let outcomes = ready.map { Outcome(context: $0.context, result: $0.result) }
      let inputs = ready.count(where: \.hasInput)
      state.tokens -= ready.reduce(0) { $0 + $1.tokens }
      state.items.removeFirst(inputs)
      state.takenInputs += inputs
      state.taken += ready.count
      state.entries.removeFirst(ready.count)
      state.taker = nil
      return (taker, outcomes)
    }
    guard let (taker, outcomes) = due else { return }
    state.broadcast()
    taker.resume(returning: outcomes)
  }
}
