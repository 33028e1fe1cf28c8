import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A new file beside one that it takes the place of when it is whole: a disk that fills up leaves the
/// old one.
final class Replacement: Sendable {
  /// What is being written.
  let descriptor: Int32

  private let temporary: String
  private let target: String

  private struct State {
    /// Whether rows are in the new file, which a program that is stopped should leave behind.
    var hasRows = false
    var isDone = false
  }
  private let state = Mutex(State())

  /// Those that a program which ends early has to put in place or remove.
  private static let unfinished = Mutex<[ObjectIdentifier: Replacement]>([:])
  private static let finishesAtExit: Void = {
    _ = atexit { Replacement.finishAll() }
  }()

  /// - Parameter path: The file to be replaced.
  /// - Returns: Nil where there is none with something in it that can be replaced: then the path is
  ///   to be opened itself.
  init?(of path: String) {
    // Paths to a descriptor lead to files whose name others hold on to.
    guard !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/") else { return nil }
    var old = stat()
    guard SystemCall.withPath(path, { stat($0, &old) }) == 0, old.st_mode & S_IFMT == S_IFREG,
      old.st_size > 0, let target = Self.realPath(path),
      SystemCall.withPath(target, { access($0, W_OK) }) == 0,
      let (name, descriptor) = Self.create(beside: target)
    else { return nil }
    _ = fchown(descriptor, old.st_uid, old.st_gid)
    _ = fchmod(descriptor, old.st_mode & 0o7777)
    self.target = target
    self.descriptor = descriptor
    temporary = name
    _ = Self.finishesAtExit
    Self.unfinished.withLock { $0[ObjectIdentifier(self)] = self }
  }

  /// Remembers that there are rows in the new file.
  func keepAtExit() {
    state.withLock { $0.hasRows = true }
  }

  /// Puts the new file, which is closed, in the old one's place.
  ///
  /// - Returns: An error number, where that fails.
  func commit() -> Int32? {
    guard leave() else { return nil }
    let result = SystemCall.withPath(temporary) { from in
      SystemCall.withPath(target) { to in rename(from, to) }
    }
    if result == 0 { return nil }
    let code = errno
    _ = SystemCall.withPath(temporary) { unlink($0) }
    return code
  }

  /// Removes the new file and leaves the old one.
  func abandon() {
    if leave() { _ = SystemCall.withPath(temporary) { unlink($0) } }
  }

  /// Whether nothing was done before, and is to be done by the caller.
  private func leave() -> Bool {
    Self.unfinished.withLock { $0[ObjectIdentifier(self)] = nil }
    return state.withLock { state in
      defer { state.isDone = true }
      return !state.isDone
    }
  }

  private static func finishAll() {
    for replacement in unfinished.withLock({ Array($0.values) }) {
      if replacement.state.withLock({ $0.hasRows }) {
        _ = replacement.commit()
      } else {
        replacement.abandon()
      }
    }
  }

  private static func realPath(_ path: String) -> String? {
    SystemCall.withPath(path) { path in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      let bytes = UnsafeBufferPointer(start: resolved, count: strlen(resolved))
      return PathText.encoded(bytes.map { UInt8(bitPattern: $0) })
    }
  }

  private static func create(beside target: String) -> (name: String, descriptor: Int32)? {
    let bytes = PathText.bytes(of: target)
    let folder = Array(bytes[..<((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)])
    for attempt in 0..<100 {
      let name = PathText.encoded(folder + ".cloud4bert-\(getpid())-\(attempt).partial".utf8)
      let descriptor = SystemCall.withPath(name) {
        open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      }
      if descriptor >= 0 { return (name, descriptor) }
      guard errno == EEXIST || errno == EINTR else { return nil }
    }
    return nil
  }
}
