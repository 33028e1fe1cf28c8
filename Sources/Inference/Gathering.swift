import Synchronization

/// The answers to the inputs of one call, until all have come.
final class Gathering<Answer: Sendable>: Sendable {
  typealias Results = [Result<Answer, any Error>?]

  private struct State {
    var results: Results
    var missing: Int
    var continuation: CheckedContinuation<Results, any Error>?
    var fault: (any Error)?
  }

  private let state: Mutex<State>

  init(count: Int) {
    state = Mutex(State(results: Array(repeating: nil, count: count), missing: count))
  }

  /// Those that have come.
  var results: Results { state.withLock { $0.results } }

  func add(_ answers: [(number: Int, result: Result<Answer, any Error>)]) {
    settle { state in
      for (number, result) in answers where state.results[number] == nil {
        state.results[number] = result
        state.missing -= 1
      }
    }
  }

  /// Some will not come.
  func give(up count: Int) { settle { $0.missing -= count } }

  /// None will be waited for.
  func fail(_ error: any Error) { settle { $0.fault = $0.fault ?? error } }

  /// Resumes the continuation when all have come, which may be now.
  func resume(_ continuation: CheckedContinuation<Results, any Error>) {
    settle { $0.continuation = continuation }
  }

  private func settle(_ change: (inout State) -> Void) {
    let due = state.withLock { state -> (CheckedContinuation<Results, any Error>, State)? in
      change(&state)
      guard state.fault != nil || state.missing == 0, let continuation = state.continuation else {
        return nil
      }
      state.continuation = nil
      return (continuation, state)
    }
    guard let (continuation, state) = due else { return }
    if let fault = state.fault {
      continuation.resume(throwing: fault)
    } else {
      continuation.resume(returning: state.results)
    }
  }
}
