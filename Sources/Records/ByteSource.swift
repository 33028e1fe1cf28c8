public import Files

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The bytes of a file, of standard input or of memory, a chunk at a time; those of gzip and zstd
/// unpacked.
public final class ByteSource {
  /// The path, or "standard input": for messages.
  public let name: String
  /// How many bytes there are to read, as they are stored, where that is known: not for pipes and
  /// terminals.
  public let totalBytes: Int?
  /// How many of these have been read.
  public private(set) var storedBytesRead = 0
  /// How many bytes have been read, unpacked.
  public private(set) var bytesRead = 0
  /// Which file this is, for a regular file: ``ByteSink`` refuses to write to the same one.
  public let identity: FileIdentity?
  /// How many bytes are asked for at a time.
  let chunkSize: Int

  private enum Origin {
    case file(FileDescriptor, closes: Bool)
    case bytes([UInt8])
  }
  private let origin: Origin
  /// Where in the file reading began.
  private let startOffset: Int
  /// Nil until the first bytes tell whether something is to be unpacked.
  private var packing: Packing?

  private enum Packing {
    case none
    case packed(PackedBytes, Compression)
  }

  /// What `chunkSize` is unless told: 256 KiB, past which larger reads gain nothing.
  public static let defaultChunkSize = 256 * 1024

  /// The name of standard input in messages.
  static let standardInput = "standard input"

  /// Opens a file, or standard input for the path "-".
  ///
  /// - Throws: ``RecordError/cannotRead(file:code:)``, for a folder too.
  public init(path: String, chunkSize: Int = defaultChunkSize) throws(RecordError) {
    let isStandardInput = path == "-"
    name = isStandardInput ? Self.standardInput : printable(PathText.shown(path))
    self.chunkSize = max(1, chunkSize)
    let status: FileStatus
    do throws(SystemFailure) {
      let file =
        try isStandardInput
        ? FileDescriptor.standardInput : FileDescriptor(opening: path, for: .reading)
      origin = .file(file, closes: !isStandardInput)
      status = try file.status()
      // Standard input may have been read in part by the program before: `(read x; …) < file`.
      startOffset = (try? file.position()) ?? 0
      totalBytes = status.kind == .regular ? max(0, status.size - startOffset) : nil
    } catch {
      throw .cannotRead(file: name, code: error.code)
    }
    identity = status.kind == .regular ? status.identity : nil
    if status.kind == .folder { throw .cannotRead(file: name, code: EISDIR) }
  }

  /// Reads from memory.
  public init(bytes: [UInt8], name: String, chunkSize: Int = defaultChunkSize) {
    self.name = name
    self.chunkSize = max(1, chunkSize)
    totalBytes = bytes.count
    startOffset = 0
    identity = nil
    origin = .bytes(bytes)
  }

  deinit {
    if case .file(let file, closes: true) = origin { try? file.close() }
  }

  /// Whether ``read(into:)`` returns at once, or will within some time: nil for any.
  func isReadable(within milliseconds: Int32?) -> Bool {
    switch origin {
    case .file(let file, _):
      totalBytes != nil || hasUnpacked || file.isReadable(within: milliseconds)
    case .bytes: true
    }
  }

  /// Whether there is something left to unpack.
  private var hasUnpacked: Bool {
    if case .packed(let packed, _) = packing { !packed.isDrained } else { false }
  }

  /// Whether what is read is another measure than what is stored.
  public var isPacked: Bool { if case .packed = packing { true } else { false } }

  /// Reads at most `chunkSize` bytes into the front of `buffer`: how many, 0 only at the end.
  ///
  /// - Parameter buffer: Of `chunkSize` bytes or more, and of as many as mark a compressed file.
  /// - Throws: ``RecordError/cannotRead(file:code:)``, ``RecordError/shrunk(file:bytesRead:expected:)``
  ///   where the file has become shorter than it was, and ``RecordError/damaged(file:problem:)`` where
  ///   it cannot be unpacked.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordError) -> Int {
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(chunkSize))
    let count: Int
    switch packing {
    case nil: count = try readFirst(into: buffer)
    case .none?: count = try readStored(into: room)
    case .packed(let packed, let compression)?: count = try unpack(packed, compression, into: room)
    }
    bytesRead += count
    return count
  }

  private func readFirst(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(RecordError) -> Int {
    let room = UnsafeMutableRawBufferPointer(
      rebasing: buffer.prefix(max(chunkSize, PackedBytes.longestMark)))
    var count = try readStored(into: room)
    var isAtEnd = count == 0
    while !isAtEnd {
      let start = room.prefix(count)
      if let compression = Compression.allCases.first(where: { start.starts(with: $0.mark) }) {
        let packed = PackedBytes(compression.decoder(), chunkSize: chunkSize, startingWith: start)
        packing = .packed(packed, compression)
        return try unpack(packed, compression, into: room)
      }
      // What may still become a mark is not waited for where it cannot any more: a person may type.
      guard Compression.allCases.contains(where: { $0.mark.starts(with: start) }) else { break }
      let more = try readStored(into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
      isAtEnd = more == 0
      count += more
    }
    packing = Packing.none
    return count
  }

  private func unpack(
    _ packed: PackedBytes, _ compression: Compression, into room: UnsafeMutableRawBufferPointer
  ) throws(RecordError) -> Int {
    while true {
      do throws(CompressionFault) {
        let count = try packed.unpack(into: room)
        if count > 0 { return count }
      } catch {
        throw .damaged(file: name, problem: "\(compression.name) says: \(error.problem)")
      }
      let buffer = packed.buffer
      let count = try readStored(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(chunkSize)))
      packed.refill(count)
      if count > 0 { continue }
      guard packed.isWhole else {
        throw .damaged(
          file: name,
          problem: "it ends in the middle of what \(compression.name) packed, behind "
            + "\(bytesRead) bytes of text")
      }
      return 0
    }
  }

  /// The same, as they are stored.
  private func readStored(into room: UnsafeMutableRawBufferPointer) throws(RecordError) -> Int {
    switch origin {
    case .file(let file, _):
      do throws(SystemFailure) {
        let count = try file.read(into: room)
        storedBytesRead += count
        // A file that grows is read to its new end. Where its size is no measure, as of the kernel's
        // files, it does not change.
        guard count == 0, let totalBytes, storedBytesRead < totalBytes,
          try file.status().size < startOffset + totalBytes
        else { return count }
      } catch {
        throw .cannotRead(file: name, code: error.code)
      }
      throw .shrunk(file: name, bytesRead: storedBytesRead, expected: totalBytes ?? 0)
    case .bytes(let bytes):
      let chunk = bytes[storedBytesRead..<min(bytes.count, storedBytesRead + room.count)]
      room.copyBytes(from: chunk)
      storedBytesRead += chunk.count
      return chunk.count
    }
  }
}
