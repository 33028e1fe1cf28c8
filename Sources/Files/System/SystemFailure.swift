#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why the system refused a call, by its number (`errno`).
package struct SystemFailure: Error, Sendable, Equatable {
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// Whether nothing is there of that name, or of that of a folder on the way.
  var isOfMissingFile: Bool { code == ENOENT || code == ENOTDIR }

  /// Of the call just made.
  package static var last: SystemFailure { SystemFailure(code: errno) }

  /// The system's words: "No such file or directory".
  package var reason: String { String(cString: strerror(code)) }

  /// Whether the disk has no room left, or no more of it for this user.
  package var isOfFullDisk: Bool { code == ENOSPC || code == EDQUOT }
}
