public import Files

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The bytes of a file, of standard input or of memory, a chunk at a time.
public final class ByteSource {
  /// The path, or "standard input": for messages.
  public let name: String
  /// How many bytes there are to read, where that is known: not for pipes and terminals.
  public let totalBytes: Int?
  /// How many bytes have been read.
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
      totalBytes != nil || file.isReadable(within: milliseconds)
    case .bytes: true
    }
  }

  /// Reads at most `chunkSize` bytes into the front of `buffer`: how many, 0 only at the end.
  ///
  /// - Throws: ``RecordError/cannotRead(file:code:)``, and ``RecordError/shrunk(file:bytesRead:expected:)``
  ///   where the file has become shorter than it was.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordError) -> Int {
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(chunkSize))
    switch origin {
    case .file(let file, _):
      do throws(SystemFailure) {
        let count = try file.read(into: room)
        bytesRead += count
        // A file that grows is read to its new end. Where its size is no measure, as of the kernel's
        // files, it does not change.
        guard count == 0, let totalBytes, bytesRead < totalBytes,
          try file.status().size < startOffset + totalBytes
        else { return count }
      } catch {
        throw .cannotRead(file: name, code: error.code)
      }
      throw .shrunk(file: name, bytesRead: bytesRead, expected: totalBytes ?? 0)
    case .bytes(let bytes):
      let chunk = bytes[bytesRead..<min(bytes.count, bytesRead + room.count)]
      room.copyBytes(from: chunk)
      bytesRead += chunk.count
      return chunk.count
    }
  }
}
