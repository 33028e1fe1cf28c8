import Files
import Synchronization

/// Where everything goes that is not a result.
enum StandardError {
  static let isTerminal = FileDescriptor.standardError.isTerminal

  private static let isQuiet = Atomic(false)

  /// Whether a person watches who wants to be told how far a job is.
  static var showsProgress: Bool { isTerminal && !isQuiet.load(ordering: .relaxed) }

  /// Leaves out from now on what is not about a fault.
  static func silenceNotes() { isQuiet.store(true, ordering: .relaxed) }

  static func write(_ text: String) {
    // With standard error gone there is nobody to tell.
    try? FileDescriptor.standardError.writeAll(Array(text.utf8))
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
