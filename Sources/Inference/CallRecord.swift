import Synchronization

/// What becomes known of the calls that a task makes of engines, and how they are ended before they are
/// answered.
package final class CallRecord: Sendable {
  /// That of the task, and of those that it makes.
  @TaskLocal package static var current: CallRecord?

  /// Of inputs that were answered, added up.
  package struct Times: Sendable {
    package var inputs = 0
    package var tokenization = Duration.zero
    /// Between a call and its answer, but for the rest.
    package var queue = Duration.zero
    /// Of whole batches, which inputs share.
    package var inference = Duration.zero
    /// How many sequences the largest batch had.
    package var largestBatch = 0
  }

  private struct State {
    var times = Times()
    var isExpired = false
    var handlers: [Int: @Sendable () -> Void] = [:]
    var nextKey = 0
  }

  private let state = Mutex(State())
  /// What calls throw that were ended.
  let fault: any Error

  package init(fault: any Error) { self.fault = fault }

  package var times: Times { state.withLock { $0.times } }

  func add(tokenization: Duration, inference: Duration, total: Duration, batch: Int) {
    state.withLock { state in
      state.times.inputs += 1
      state.times.tokenization += tokenization
      state.times.inference += inference
      state.times.queue += max(.zero, total - tokenization - inference)
      state.times.largestBatch = max(state.times.largestBatch, batch)
    }
  }

  /// Ends the calls under way, and those to come.
  package func expire() {
    let handlers = state.withLock { state in
      state.isExpired = true
      defer { state.handlers = [:] }
      return state.handlers.values.map { $0 }
    }
    for handler in handlers { handler() }
  }

  /// Calls `handler` when the record expires, which may be now; ``forget(_:)`` takes it back.
  func whenExpired(_ handler: @escaping @Sendable () -> Void) -> Int {
    let (key, isExpired) = state.withLock { state in
      state.nextKey += 1
      if !state.isExpired { state.handlers[state.nextKey] = handler }
      return (state.nextKey, state.isExpired)
    }
    if isExpired { handler() }
    return key
  }

  func forget(_ key: Int) { state.withLock { $0.handlers[key] = nil } }
}
