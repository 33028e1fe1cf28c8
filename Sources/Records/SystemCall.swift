#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The few calls of the system that files need, retried where POSIX asks for it.
enum SystemCall {
  /// The system's words for an error number: "No such file or directory".
  static func reason(_ code: Int32) -> String {
    String(cString: strerror(code))
  }

  /// Reads at most `buffer.count` bytes: how many there were, 0 at the end, or an error number.
  static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32
  ) -> Result<Int, SystemFailure> {
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return .success(count) }
      let code = errno
      guard isTransient(code, on: descriptor, awaiting: Int16(POLLIN)) else {
        return .failure(SystemFailure(code: code))
      }
    }
  }

  /// Writes at most `buffer.count` bytes: how many the system took, or an error number.
  static func drain(
    _ buffer: UnsafeRawBufferPointer, to descriptor: Int32
  ) -> Result<Int, SystemFailure> {
    while true {
      let count = write(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return .success(count) }
      let code = errno
      guard isTransient(code, on: descriptor, awaiting: Int16(POLLOUT)) else {
        return .failure(SystemFailure(code: code))
      }
    }
  }

  /// Opens a file for reading, or for writing without emptying it yet.
  static func openFile(_ path: String, forWriting: Bool) -> Result<Int32, SystemFailure> {
    let flags = (forWriting ? O_WRONLY | O_CREAT : O_RDONLY) | O_CLOEXEC
    while true {
      let descriptor = withPath(path) { open($0, flags, 0o666) }
      if descriptor >= 0 { return .success(descriptor) }
      let code = errno
      if code != EINTR { return .failure(SystemFailure(code: code)) }
    }
  }

  /// Calls `body` with the bytes of a path, NUL behind them (see ``PathText``).
  static func withPath<Result>(
    _ path: String, _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    var bytes = PathText.bytes(of: path).map { CChar(bitPattern: $0) }
    bytes.append(0)
    return bytes.withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  /// What a descriptor leads to, or an error number.
  static func status(of descriptor: Int32) -> Result<FileStatus, SystemFailure> {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      return .failure(SystemFailure(code: errno))
    }
    let kind = status.st_mode & S_IFMT
    return .success(
      FileStatus(
        isRegular: kind == S_IFREG, isDirectory: kind == S_IFDIR, size: Int(status.st_size),
        identity: FileIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))))
  }

  /// Whether reading gives bytes, the end or an error at once, or does so within some time: nil for
  /// any time, which a signal may cut short.
  static func isReadable(_ descriptor: Int32, within milliseconds: Int32?) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, milliseconds ?? -1) != 0
  }

  /// Whether the call is to be made again; a descriptor that never blocks is waited for first.
  private static func isTransient(
    _ code: Int32, on descriptor: Int32, awaiting events: Int16
  ) -> Bool {
    if code == EINTR { return true }
    guard code == EAGAIN || code == EWOULDBLOCK else { return false }
    var request = pollfd(fd: descriptor, events: events, revents: 0)
    return poll(&request, 1, -1) >= 0 || errno == EINTR
  }
}

/// An error number of the system.
struct SystemFailure: Error {
  let code: Int32
}

/// What `fstat` tells of an open file.
struct FileStatus {
  let isRegular: Bool
  let isDirectory: Bool
  let size: Int
  let identity: FileIdentity
}

/// Which file this is, whatever its path: two paths to the same file have the same identity.
public struct FileIdentity: Sendable, Equatable {
  let device: UInt64
  let node: UInt64
}
