/// A file that cannot be mapped or written: its path and the reason.
public struct FileError: DescribedError, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// Nothing is there (`ENOENT`, or a parent that is no folder, `ENOTDIR`).
    case missing
    /// It is there, but may not or cannot be read or mapped.
    case unreadable
    /// Cannot be created or written.
    case unwritable
    /// A folder, a pipe, a device or a socket.
    case notAFile
    /// A file of no bytes, which cannot be mapped.
    case empty
  }

  public let kind: Kind
  public let path: String
  /// The reason, in the system's words where the system refused.
  public let reason: String

  public var description: String { "\(path): \(reason)" }
}

extension FileError {
  /// Makes calls of the system to read a file, and throws why it refuses.
  static func reading<Value>(
    _ path: String, _ calls: () throws(SystemFailure) -> Value
  ) throws(FileError) -> Value {
    do throws(SystemFailure) {
      return try calls()
    } catch {
      throw FileError(
        kind: error.isOfMissingFile ? .missing : .unreadable, path: path, reason: error.reason)
    }
  }

  /// Makes calls of the system to create or write a file, and throws why it refuses.
  package static func writing<Value>(
    _ path: String, _ calls: () throws(SystemFailure) -> Value
  ) throws(FileError) -> Value {
    do throws(SystemFailure) {
      return try calls()
    } catch {
      throw FileError(kind: .unwritable, path: path, reason: error.reason)
    }
  }
}
