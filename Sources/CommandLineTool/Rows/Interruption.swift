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
    /// When the write began that is under way.
    var writingSince: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  // Written once, before any signal can come.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  /// - Parameter onSignal: Called at the first signal that does not end the program, on a thread of its
  ///   own.
  init(onSignal: @escaping @Sendable () -> Void = {}) {
    // A queue of its own: the shared ones may have no thread left for a while.
    let queue = DispatchQueue(label: "interruption", qos: .userInitiated)
    // What the parent ignores stays ignored: Ctrl-C is not meant for a job in the background.
    let numbers = [SIGINT, SIGTERM].filter { !Self.isIgnored($0) }
    sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    let isWatched = DispatchSemaphore(value: 0)
    for (source, number) in zip(sources, numbers) {
      source.setEventHandler { [self] in
        let endsNow = state.withLock { state in
          defer { state.signal = number }
          return state.isIdle || state.signal != nil
        }
        if endsNow { exit(128 + number) }
        onSignal()
        watchWrites(on: queue, number)
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

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    // The handler is one of a union's members, whose name differs between systems.
    return withUnsafeBytes(of: &action) { bytes in
      bytes.loadUnaligned(as: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
  }

  /// Ends the program when the job cannot end by itself, because nobody reads what it writes.
  private func watchWrites(on queue: DispatchQueue, _ number: Int32) {
    queue.asyncAfter(deadline: .now() + .milliseconds(200)) { [self] in
      let since = state.withLock { $0.writingSince }
      if let since, since.duration(to: .now) > .seconds(1) { exit(128 + number) }
      watchWrites(on: queue, number)
    }
  }

  /// Runs `body`, which may wait for a reader of the output. After a signal that lasts a second at most.
  func whileWriting<Result>(_ body: () throws -> Result) rethrows -> Result {
    state.withLock { $0.writingSince = .now }
    defer { state.withLock { $0.writingSince = nil } }
    return try body()
  }

  /// From now on a signal ends the program at once: the job is done.
  func conclude() {
    state.withLock { $0.isIdle = true }
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
