import Files
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Where everything goes that is not a result.
enum StandardError {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  private static let isQuiet = Atomic(false)

  /// Whether a person watches who wants to be told how far a job is.
  static var showsProgress: Bool { isTerminal && !isQuiet.load(ordering: .relaxed) }

  /// Leaves out from now on what is not about a fault.
  static func silenceNotes() { isQuiet.store(true, ordering: .relaxed) }

  static func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Self.send($0) }
      // With standard error gone there is nobody to tell.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
      Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      Musl.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    #else
      Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
    #endif
  }

  /// A note in one line, after the program's name; nothing where the person wants none.
  static func line(_ message: String) {
    if !isQuiet.load(ordering: .relaxed) { fault(message) }
  }

  /// What is wrong, in such a line. Whatever the message holds, a terminal obeys none of it.
  static func fault(_ message: String) {
    write("cloud4bert: \(printable(message, limit: .max))\n")
  }
}
