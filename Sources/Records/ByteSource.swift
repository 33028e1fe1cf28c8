import Files

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
    case descriptor(Int32, closes: Bool)
    case bytes([UInt8])
  }
  private let origin: Origin

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
    var descriptor = STDIN_FILENO
    if !isStandardInput {
      switch SystemCall.openFile(path, forWriting: false) {
      case .success(let opened): descriptor = opened
      case .failure(let failure): throw .cannotRead(file: name, code: failure.code)
      }
    }
    // From here on the deinitializer closes the file, thrown out of or not.
    origin = .descriptor(descriptor, closes: !isStandardInput)
    switch SystemCall.status(of: descriptor) {
    case .success(let status):
      if status.isRegular {
        // Standard input may have been read in part by the program before: `(read x; …) < file`.
        totalBytes = max(0, status.size - max(0, Int(lseek(descriptor, 0, SEEK_CUR))))
        identity = status.identity
      } else {
        totalBytes = nil
        identity = nil
      }
      if status.isDirectory { throw .cannotRead(file: name, code: EISDIR) }
    case .failure(let failure):
      totalBytes = nil
      identity = nil
      throw .cannotRead(file: name, code: failure.code)
    }
  }

  /// Reads from memory.
  public init(bytes: [UInt8], name: String, chunkSize: Int = defaultChunkSize) {
    self.name = name
    self.chunkSize = max(1, chunkSize)
    totalBytes = bytes.count
    identity = nil
    origin = .bytes(bytes)
  }

  deinit {
    if case .descriptor(let descriptor, closes: true) = origin { _ = close(descriptor) }
  }

  /// Whether ``read(into:)`` returns at once, or will within some time: nil for any.
  func isReadable(within milliseconds: Int32?) -> Bool {
    switch origin {
    case .descriptor(let descriptor, _):
      totalBytes != nil || SystemCall.isReadable(descriptor, within: milliseconds)
    case .bytes: true
    }
  }

  /// Reads at most `chunkSize` bytes into the front of `buffer`: how many, 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordError) -> Int {
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(chunkSize))
    switch origin {
    case .descriptor(let descriptor, _):
      switch SystemCall.fill(room, from: descriptor) {
      case .success(let count):
        bytesRead += count
        return count
      case .failure(let failure):
        throw .cannotRead(file: name, code: failure.code)
      }
    case .bytes(let bytes):
      let chunk = bytes[bytesRead..<min(bytes.count, bytesRead + room.count)]
      room.copyBytes(from: chunk)
      bytesRead += chunk.count
      return chunk.count
    }
  }
}
