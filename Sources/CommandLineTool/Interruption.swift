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
    let numbers = [SIGINT, SIGTERM]
    sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    let isWatched = DispatchSemaphore(value: 0)
    for (source, number) in zip(sources, numbers) {
      source.setEventHandler { [self] in
        let endsNow = state.withLock { state in
          defer { state.signal = number }
          return state.isIdle || state.signal != nil
        }
        if endsNow { exit(128 + number) }
      }
      source.setRegistrationHandler {
        // On Linux Dispatch has put a handler of its own in the default one's place.
        #if canImport(Darwin)
          signal(number, SIG_IGN)
        #endif
        isWatched.signal()
      }
      source.resume()
    }
    // Sources start to watch some time after `resume`. Until then a signal has to end the program as
    // usual: one that is ignored already and not yet watched would be lost.
    for _ in numbers { isWatched.wait() }
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
