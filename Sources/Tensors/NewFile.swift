#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is written once, from its start to its end.
public final class NewFile {
  public let path: String
  private var descriptor: Int32

  /// Creates the file. Throws ``FileError``, also where there is one of that name.
  public init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw Self.systemError(path: path) }
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
