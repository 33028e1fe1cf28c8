#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// An open file of the system, by its number. Who opens it closes it.
///
/// A call that a signal cuts short is made again, and a file that never blocks is waited for.
package struct FileDescriptor: Sendable, Equatable {
  package let number: Int32

  package init(number: Int32) { self.number = number }

  package static let standardInput = FileDescriptor(number: STDIN_FILENO)
  package static let standardOutput = FileDescriptor(number: STDOUT_FILENO)
  package static let standardError = FileDescriptor(number: STDERR_FILENO)

  package enum Access: Sendable {
    case reading, writing, both

    fileprivate var flag: Int32 {
      switch self {
      case .reading: O_RDONLY
      case .writing: O_WRONLY
      case .both: O_RDWR
      }
    }
  }

  /// What else is asked of a file that is opened.
  package struct Options: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// Make it where it is not there yet.
    package static let create = Options(rawValue: O_CREAT)
    /// Make it, and refuse one that is there.
    package static let createNew = Options(rawValue: O_CREAT | O_EXCL)
    /// Refuse a symbolic link.
    package static let noLink = Options(rawValue: O_NOFOLLOW)
    /// Refuse what is no folder.
    package static let folder = Options(rawValue: O_DIRECTORY)
    /// Do not wait for the other end of a pipe.
    package static let nonBlocking = Options(rawValue: O_NONBLOCK)
  }

  /// Opens a file, which the processes that this one starts do not get.
  ///
  /// - Parameter permissions: Of a file that is made, less those that the process withholds.
  package init(
    opening path: String, for access: Access, _ options: Options = [], permissions: UInt16 = 0o666
  ) throws(SystemFailure) {
    let flags = access.flag | options.rawValue | O_CLOEXEC
    number = try FileSystem.call(path) { open($0, flags, mode_t(permissions)) }
  }

  /// Whether a person is at the other end.
  package var isTerminal: Bool { isatty(number) == 1 }

  package func status() throws(SystemFailure) -> FileStatus {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .last }
    return FileStatus(status)
  }

  /// Reads at most as many bytes as there is room for, from where the last call ended or from an
  /// offset: how many there were, 0 at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int? = nil
  ) throws(SystemFailure) -> Int {
    try repeating(awaiting: POLLIN, on: number) {
      offset.map { pread(number, buffer.baseAddress, buffer.count, off_t($0)) }
        ?? systemRead(number, buffer)
    }
  }

  /// The same into an array, behind its first `start` bytes.
  package func read(
    into bytes: inout [UInt8], behind start: Int = 0, at offset: Int? = nil
  ) throws(SystemFailure) -> Int {
    try bytes.withUnsafeMutableBytes { bytes in
      Result { () throws(SystemFailure) in
        try read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), at: offset)
      }
    }.get()
  }

  /// Writes behind the last call's bytes, or at an offset: how many bytes the system took.
  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int? = nil
  ) throws(SystemFailure) -> Int {
    try repeating(awaiting: POLLOUT, on: number) {
      offset.map { pwrite(number, bytes.baseAddress, bytes.count, off_t($0)) }
        ?? systemWrite(number, bytes)
    }
  }

  package func writeAll(
    _ bytes: UnsafeRawBufferPointer, at offset: Int? = nil
  ) throws(SystemFailure) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      written += try write(rest, at: offset.map { $0 + written })
    }
  }

  package func writeAll(_ bytes: [UInt8], at offset: Int? = nil) throws(SystemFailure) {
    try bytes.withUnsafeBytes { bytes in
      Result { () throws(SystemFailure) in try writeAll(bytes, at: offset) }
    }.get()
  }

  /// Where the next byte is read or written: how far from the start.
  package func position() throws(SystemFailure) -> Int {
    try Int(repeating { lseek(number, 0, SEEK_CUR) })
  }

  /// Goes on at the end: how far that is from the start.
  package func seekToEnd() throws(SystemFailure) -> Int {
    try Int(repeating { lseek(number, 0, SEEK_END) })
  }

  /// Leaves so many bytes of a file and goes on behind them.
  package func truncate(to byteCount: Int) throws(SystemFailure) {
    try repeating { ftruncate(number, off_t(byteCount)) }
    try repeating { lseek(number, off_t(byteCount), SEEK_SET) }
  }

  /// Waits until the disk has all that was written.
  package func synchronize() throws(SystemFailure) {
    do throws(SystemFailure) {
      try repeating { fsync(number) }
    } catch {
      // Some files and folders have nothing to synchronise and say so.
      if error.code != EINVAL { throw error }
    }
  }

  /// Takes the file for this process alone, until it is closed; false where another process has it.
  package func lock() throws(SystemFailure) -> Bool {
    do throws(SystemFailure) {
      try repeating { flock(number, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      if [EWOULDBLOCK, EAGAIN, EACCES].contains(error.code) { return false }
      throw error
    }
  }

  /// Takes the file together with others that do so, until it is closed; false where a process has it
  /// for itself.
  package func lockTogether() throws(SystemFailure) -> Bool {
    do throws(SystemFailure) {
      try repeating { flock(number, LOCK_SH | LOCK_NB) }
      return true
    } catch {
      if [EWOULDBLOCK, EAGAIN, EACCES].contains(error.code) { return false }
      throw error
    }
  }

  /// Takes a file that is open for writing for this process alone, until it is closed or this process
  /// closes any other descriptor of it: nil, or the number of the process that has it. On a file
  /// system that knows no such locks nothing is taken.
  package func lockForWriting() -> Int? {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    if fcntl(number, F_SETLK, &lock) == 0 { return nil }
    return [EACCES, EAGAIN].contains(errno) ? lockOwner : nil
  }

  /// The number of another process that has the file by ``lockForWriting()``; nil where none has.
  package var lockOwner: Int? {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    guard fcntl(number, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return Int(lock.l_pid)
  }

  /// Whether what is written goes to the end of the file, wherever that is.
  package var isAppending: Bool {
    let flags = fcntl(number, F_GETFL)
    return flags >= 0 && flags & O_APPEND != 0
  }

  /// Whether reading gives bytes, the end or an error at once, or does so within some time: nil for
  /// any time, which a signal may cut short.
  package func isReadable(within milliseconds: Int32?) -> Bool {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, milliseconds ?? -1) != 0
  }

  /// Some systems tell only here that a disk is full.
  package func close() throws(SystemFailure) {
    // Not again after EINTR: Linux has closed the file then.
    if systemClose(number) != 0, errno != EINTR { throw .last }
  }
}

/// Makes a call of the system until no signal cuts it short.
///
/// - Parameters:
///   - events: What is waited for where the descriptor is one that never blocks.
///   - call: Below 0 where the system refuses.
@discardableResult
private func repeating<Number: SignedInteger>(
  awaiting events: Int32? = nil, on descriptor: Int32 = -1, _ call: () -> Number
) throws(SystemFailure) -> Number {
  while true {
    let result = call()
    if result >= 0 { return result }
    let failure = SystemFailure.last
    if failure.code == EINTR { continue }
    guard let events, failure.code == EAGAIN || failure.code == EWOULDBLOCK else { throw failure }
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    guard poll(&request, 1, -1) >= 0 || errno == EINTR else { throw failure }
  }
}

// Out here, where no method has the name of the system's function.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
