#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What is done to files by their names.
package enum FileSystem {
  /// All bytes of a small file, one of the kernel's too, which tells no size beforehand.
  ///
  /// - Parameter limit: The most bytes that are read; the rest is left out.
  package static func contents(of path: String, limit: Int) throws(SystemFailure) -> [UInt8] {
    let file = try FileDescriptor(opening: path, for: .reading)
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: min(limit, max(try file.status().size + 1, 4096)))
    var count = 0
    while count < limit {
      if count == bytes.count { bytes += repeatElement(0, count: min(count, limit - count)) }
      let added = try file.read(into: &bytes, behind: count)
      if added == 0 { break }
      count += added
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Gives a file another name in the same file system, in a single step: whoever opens `other` finds
  /// the file that was there or this one.
  package static func move(_ path: String, to other: String) throws(SystemFailure) {
    try call(path) { path in
      withBytes(of: other) { rename(path, $0) }
    }
  }

  /// Gives two files or folders each other's names in a single step; false where the system or the file
  /// system cannot, and then nothing has changed.
  package static func exchange(_ path: String, _ other: String) -> Bool {
    #if os(Linux) || os(Android)
      // Not every C library has it.
      typealias Exchange =
        @convention(c) (
          Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
        ) -> Int32
      guard let symbol = dlsym(nil, "renameat2") else { return false }
      let exchange = unsafeBitCast(symbol, to: Exchange.self)
      let renameExchange: UInt32 = 2
      let result = try? call(path) { path in
        withBytes(of: other) { exchange(AT_FDCWD, path, AT_FDCWD, $0, renameExchange) }
      }
      return result != nil
    #else
      return false
    #endif
  }

  /// Takes a file's name away, if it is there.
  package static func remove(_ path: String) {
    _ = try? call(path) { unlink($0) }
  }

  /// Whether this process may write to what is there of that name.
  package static func isWritable(_ path: String) -> Bool {
    (try? call(path) { access($0, W_OK) }) != nil
  }

  /// The path without links in it; nil where nothing is there.
  package static func resolved(_ path: String) -> String? {
    withBytes(of: path) { path in
      guard let name = realpath(path, nil) else { return nil }
      defer { free(name) }
      return PathText.encoded([UInt8](UnsafeRawBufferPointer(start: name, count: strlen(name))))
    }
  }

  /// Waits until the disk knows the names in the folder that a path is in.
  package static func synchronizeFolder(of path: String) throws(SystemFailure) {
    let file = try FileDescriptor(opening: PathText.folder(of: path), for: .reading, .folder)
    defer { try? file.close() }
    try file.synchronize()
  }

  /// Makes a call of the system with a path's bytes, again where a signal cuts it short.
  ///
  /// - Parameter call: Below 0 where the system refuses.
  @discardableResult
  static func call(
    _ path: String, _ call: (UnsafePointer<CChar>) -> Int32
  ) throws(SystemFailure) -> Int32 {
    while true {
      // The number is taken before memory is given back, which may change it.
      let (result, failure) = withBytes(of: path) { (call($0), SystemFailure.last) }
      if result >= 0 { return result }
      if failure.code != EINTR { throw failure }
    }
  }

  /// Lends the bytes that the system knows the file by, NUL behind them.
  static func withBytes<Result>(
    of path: String, _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    (PathText.bytes(of: path) + [0]).withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) }
    }
  }
}
