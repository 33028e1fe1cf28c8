/// A file that is written from its start, or where an earlier writer left off, to its end.
public final class NewFile {
  public let path: String
  private var file: FileDescriptor?
  /// How many bytes have been written so far.
  public private(set) var byteCount = 0

  /// Creates the file. Throws ``FileError``, also where there is one of that name.
  public init(path: String) throws(FileError) {
    self.path = path
    file = try FileError.writing(path) { () throws(SystemFailure) in
      try FileDescriptor(opening: path, for: .writing, .createNew)
    }
  }

  /// Goes on behind the first `byteCount` bytes of a file that is there, or behind all where it has
  /// fewer. Throws ``FileError``.
  public init(path: String, keeping byteCount: Int) throws(FileError) {
    self.path = path
    file = try FileError.writing(path) { () throws(SystemFailure) in
      try FileDescriptor(opening: path, for: .writing)
    }
    self.byteCount = try call { file throws(SystemFailure) in
      let end = try file.seekToEnd()
      if end > byteCount { try file.truncate(to: byteCount) }
      return min(end, byteCount)
    }
  }

  deinit { try? file?.close() }

  /// Appends bytes. Throws ``FileError``.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try call { file throws(SystemFailure) in try file.writeAll(bytes) }
    byteCount += bytes.count
  }

  /// Appends bytes or other numbers, little-endian. Throws ``FileError``.
  public func append<Number: BitwiseCopyable>(_ numbers: [Number]) throws(FileError) {
    try numbers.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try append(bytes) }
    }.get()
  }

  /// Waits until the disk has all that was written. Throws ``FileError``.
  public func synchronize() throws(FileError) {
    try call { file throws(SystemFailure) in try file.synchronize() }
  }

  /// Waits until the disk knows the names in the file's folder. Throws ``FileError``.
  public static func synchronizeFolder(of path: String) throws(FileError) {
    try FileError.writing(path) { () throws(SystemFailure) in
      try FileSystem.synchronizeFolder(of: path)
    }
  }

  /// Some systems tell only here that a disk is full. Throws ``FileError``.
  public func close() throws(FileError) {
    defer { file = nil }
    try call { file throws(SystemFailure) in try file.close() }
  }

  private func call<Value>(
    _ body: (FileDescriptor) throws(SystemFailure) -> Value
  ) throws(FileError) -> Value {
    guard let file else { preconditionFailure("the file is closed") }
    return try FileError.writing(path) { () throws(SystemFailure) in try body(file) }
  }
}
