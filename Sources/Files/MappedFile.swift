#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file mapped read-only into memory: its pages are read on first touch and shared between
/// processes. Offsets and ranges are in bytes from the start of the file; one that reaches outside
/// it is a programming error and traps, as in an array. Code that takes offsets from the file
/// itself asks ``range(at:count:)`` first.
///
/// The size is taken once, when the file is opened. Nobody may shorten the file while it is mapped:
/// the system then answers reads with a bus error.
public final class MappedFile: Sendable {
  public let path: String
  /// Size in bytes, at least 1.
  public let count: Int
  /// The first byte, for code that reads tensors in place: `count` bytes are valid from here for as
  /// long as this object lives. Aligned to a page.
  public nonisolated(unsafe) let unsafeBaseAddress: UnsafeRawPointer
  private let hasFile: Bool

  /// Throws ``FileError`` for what is missing, unreadable, empty, or no regular file. Symbolic
  /// links are followed.
  public init(path: String) throws(FileError) {
    let (status, address) = try FileError.reading(path) {
      () throws(SystemFailure) -> (FileStatus, UnsafeMutableRawPointer?) in
      // A pipe with no writer would else hold us here before we can tell what it is.
      let file = try FileDescriptor(opening: path, for: .reading, .nonBlocking)
      defer { try? file.close() }
      let status = try file.status()
      guard status.kind == .regular, status.size > 0 else { return (status, nil) }
      return (status, try MappedFile.map(status.size, PROT_READ, MAP_PRIVATE, file.number))
    }
    guard status.kind == .regular else {
      let reason = status.kind == .folder ? "is a folder" : "is not a regular file"
      throw FileError(kind: .notAFile, path: path, reason: reason)
    }
    guard let address else { throw FileError(kind: .empty, path: path, reason: "is empty") }
    hasFile = true
    self.path = path
    count = status.size
    unsafeBaseAddress = UnsafeRawPointer(address)
  }

  /// Memory behind which there is no file, for weights that are made up.
  ///
  /// - Parameters:
  ///   - path: What messages call it.
  ///   - count: Size in bytes, at least 1.
  ///   - fill: Writes the bytes, all zero so far; nobody does later.
  public init(
    path: String, count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    precondition(count > 0, "at least one byte")
    let address = try FileError.reading(path) { () throws(SystemFailure) in
      try MappedFile.map(count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1)
    }
    hasFile = false
    self.path = path
    self.count = count
    self.unsafeBaseAddress = UnsafeRawPointer(address)
    try fill(UnsafeMutableRawBufferPointer(start: address, count: count))
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: unsafeBaseAddress), count)
  }

  /// The range of `count` bytes at `offset`, or nil where it is not wholly inside the file. Safe
  /// with any two numbers.
  public func range(at offset: Int, count: Int) -> Range<Int>? {
    guard offset >= 0, count >= 0 else { return nil }
    let (end, overflow) = offset.addingReportingOverflow(count)
    return overflow || end > self.count ? nil : offset..<end
  }

  /// The byte at `offset`.
  public subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "offset outside the file")
    return unsafeBaseAddress.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// The little-endian integer at `offset`, which need not be aligned.
  public func load<Integer: FixedWidthInteger & BitwiseCopyable>(
    as type: Integer.Type = Integer.self, at offset: Int
  ) -> Integer {
    precondition(
      range(at: offset, count: MemoryLayout<Integer>.size) != nil, "offset outside the file")
    return Integer(littleEndian: unsafeBaseAddress.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// A copy of some of the bytes.
  public func bytes(in range: Range<Int>) -> [UInt8] {
    withUnsafeBytes(in: range) { [UInt8]($0) }
  }

  /// Lends some of the bytes to `body`; the pointer is valid only inside it.
  public func withUnsafeBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the file")
    return try withExtendedLifetime(self) {
      try body(
        UnsafeRawBufferPointer(start: unsafeBaseAddress + range.lowerBound, count: range.count))
    }
  }

  /// Takes the pages of `range` off this process's memory, for bytes that will hardly be read again.
  /// They stay what they are: a later read fetches them from the file. So do those around it, which the
  /// system may have brought along. Without a file nothing happens.
  public func releasePages(in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the file")
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard hasFile, page > 0 else { return }
    let around = 1 << 20
    let start = max(range.lowerBound - around, 0) / page * page
    let end = min(range.upperBound + around, count)
    madvise(
      UnsafeMutableRawPointer(mutating: unsafeBaseAddress + start), end - start, MADV_DONTNEED)
  }

  private static func map(
    _ byteCount: Int, _ protection: Int32, _ flags: Int32, _ descriptor: Int32
  ) throws(SystemFailure) -> UnsafeMutableRawPointer {
    let address = mmap(nil, byteCount, protection, flags, descriptor, 0)
    // MAP_FAILED, a macro that not every C library's import has.
    guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else { throw .last }
    return address
  }
}
