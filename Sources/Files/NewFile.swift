#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is written from its start, or where an earlier writer left off, to its end.
public final class NewFile {
  public let path: String
  private var descriptor: Int32
  /// How many bytes have been written so far.
  public private(set) var byteCount = 0

  /// Creates the file. Throws ``FileError``, also where there is one of that name.
  public init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw Self.systemError(path: path) }
  }

  /// Goes on behind the first `byteCount` bytes of a file that is there, or behind all where it has
  /// fewer. Throws ``FileError``.
  public init(path: String, keeping byteCount: Int) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CLOEXEC)
    if descriptor < 0 { throw Self.systemError(path: path) }
    var end = Int(lseek(descriptor, 0, SEEK_END))
    if end > byteCount {
      guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
        throw Self.systemError(path: path)
      }
      end = Int(lseek(descriptor, 0, SEEK_END))
    }
    if end < 0 { throw Self.systemError(path: path) }
    self.byteCount = end
  }

  deinit {
    if descriptor >= 0 { _ = Self.closeDescriptor(descriptor) }
  }

  /// Appends bytes. Throws ``FileError``.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    precondition(descriptor >= 0, "the file is closed")
    var written = 0
    while written < bytes.count {
      let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0, errno != EINTR { throw Self.systemError(path: path) }
      written += max(0, count)
    }
    byteCount += written
  }

  public func append(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try append(bytes) }
    }.get()
  }

  /// Appends numbers, little-endian. Throws ``FileError``.
  public func append(_ numbers: [Float]) throws(FileError) {
    try numbers.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try append(bytes) }
    }.get()
  }

  /// Appends numbers, little-endian. Throws ``FileError``.
  public func append(_ numbers: [UInt16]) throws(FileError) {
    try numbers.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try append(bytes) }
    }.get()
  }

  /// Waits until the disk has all that was written. Throws ``FileError``.
  public func synchronize() throws(FileError) {
    precondition(descriptor >= 0, "the file is closed")
    if fsync(descriptor) != 0 { throw Self.systemError(path: path) }
  }

  /// Puts the file where `other` is, if there is one, in a single step: whoever opens `other`, also
  /// after a crash, finds the old file or the whole new one. Both lie in one folder. Throws
  /// ``FileError``.
  public func close(replacing other: String) throws(FileError) {
    try synchronize()
    try close()
    if rename(path, other) != 0 { throw Self.systemError(path: other) }
    try Self.synchronizeFolder(of: other)
  }

  /// Waits until the disk knows the names in the file's folder. Throws ``FileError``.
  public static func synchronizeFolder(of path: String) throws(FileError) {
    let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : String(folder), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(path: path) }
    defer { _ = closeDescriptor(descriptor) }
    // Some file systems have nothing to synchronise in a folder and say so.
    if fsync(descriptor) != 0, errno != EINVAL { throw systemError(path: path) }
  }

  /// Some systems tell only here that a disk is full. Throws ``FileError``.
  public func close() throws(FileError) {
    let closing = descriptor
    descriptor = -1
    // Not again after EINTR: Linux has closed the file then.
    if Self.closeDescriptor(closing) != 0, errno != EINTR { throw Self.systemError(path: path) }
  }

  private static func closeDescriptor(_ descriptor: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.close(descriptor)
    #elseif canImport(Musl)
      Musl.close(descriptor)
    #else
      Darwin.close(descriptor)
    #endif
  }

  private static func systemError(path: String) -> FileError {
    FileError(kind: .unwritable, path: path, reason: String(cString: strerror(errno)))
  }
}
