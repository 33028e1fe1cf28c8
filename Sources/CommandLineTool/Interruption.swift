import Dispatch
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Ctrl-C and a polite kill, turned into a question that a job asks between batches, so that what it
/// leaves behind is whole. A second one ends the program at once.
final class Interruption: Sendable {
  private struct State {
    var signal: Int32?
    /// Set while the job waits for input with everything written: then stopping needs no help.
    var isIdle = false
  }

  private let state = Mutex(State())
  // Written once, before any signal can come.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  init() {
    // A queue of its own: the shared ones may have no thread left for a while.
    let queue = DispatchQueue(label: "interruption", qos: .userInitiated)
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for (source, number) in zip(sources, [SIGINT, SIGTERM]) {
      source.setEventHandler { [self] in
        let endsNow = state.withLock { state in
          defer { state.signal = number }
          return state.isIdle || state.signal != nil
        }
        if endsNow { exit(128 + number) }
      }
      source.resume()
    }
  }

  /// The exit code that tells of the signal (130 for Ctrl-C), once there was one.
  var exitCode: Int32? {
    state.withLock { $0.signal.map { 128 + $0 } }
  }

  /// Runs `body`, which may wait for input for ever while nothing is left to be written.
  func whileIdle<Result>(_ body: () throws -> Result) rethrows -> Result {
    let signal = state.withLock { state in
      state.isIdle = true
      return state.signal
    }
    if let signal { exit(128 + signal) }
    defer { state.withLock { $0.isIdle = false } }
    return try body()
  }
}
