import Files

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes bytes to a file or standard output, through a buffer that is handed to the system in
/// whole rows: a program that is stopped leaves no torn row behind.
///
/// Whoever writes to a pipe must have SIGPIPE ignored (`signal(SIGPIPE, SIG_IGN)`), or the system
/// ends the program when the pipe's reader has gone, before it can say so; ignored, it is a
/// ``RecordError/cannotWrite(file:code:rowsWritten:)``.
///
/// A file that is there already, with something in it, is replaced by ``close()``: until then the
/// rows go to a new file beside it, and where they do not fit on the disk the old one stays.
///
/// Nothing is written when the sink goes away without ``close()``, but for what was written before;
/// and a file that was to be replaced is left as it was.
public final class ByteSink {
  /// The path, or "standard output": for messages.
  public let name: String
  /// Whether a person watches: then rows are wanted as they come, and control characters are not.
  public let isTerminal: Bool
  /// How many rows the system has taken in full.
  public private(set) var rowsWritten = 0
  /// How many bytes these rows and the headers between them have.
  public private(set) var bytesWritten = 0

  private var descriptor: Int32
  private let closes: Bool
  /// Whether what was written of a torn row can be taken back, and what was written before changed:
  /// in regular files that are not standard output.
  public let isTruncatable: Bool
  private var pending: [UInt8] = []
  /// Where an old file is replaced.
  private let replacement: Replacement?
  /// Whether an old file stays in place of what did not fit on the disk.
  public private(set) var isOldFileKept = false
  private var lineEnds: [(offset: Int, isRow: Bool)] = []

  /// Past this many bytes a row's end hands the buffer on.
  private static let flushSize = 128 * 1024

  /// Creates the file, or begins to replace it when it exists; for the path "-" takes standard output.
  ///
  /// - Parameters:
  ///   - path: Of the file; "-" for standard output.
  ///   - input: The file being read, which is not to be emptied.
  /// - Throws: ``RecordError/outputIsInput(file:)`` and
  ///   ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public init(path: String, notOverwriting input: FileIdentity? = nil) throws(RecordError) {
    let isStandardOutput = path == "-"
    name = isStandardOutput ? "standard output" : printable(PathText.shown(path))
    closes = !isStandardOutput
    descriptor = STDOUT_FILENO
    if !isStandardOutput, input != nil, Self.identity(of: path) == input {
      throw .outputIsInput(file: name)
    }
    replacement = isStandardOutput ? nil : Replacement(of: path)
    if let replacement {
      descriptor = replacement.descriptor
    } else if !isStandardOutput {
      switch SystemCall.openFile(path, forWriting: true) {
      case .success(let opened): descriptor = opened
      case .failure(let failure):
        throw .cannotWrite(file: name, code: failure.code, rowsWritten: 0)
      }
    }
    isTerminal = isatty(descriptor) == 1
    var isRegular = false
    var problem: RecordError?
    switch SystemCall.status(of: descriptor) {
    case .success(let status):
      isRegular = status.isRegular
      if isRegular, let input, status.identity == input { problem = .outputIsInput(file: name) }
    case .failure(let failure):
      problem = .cannotWrite(file: name, code: failure.code, rowsWritten: 0)
    }
    isTruncatable = isRegular && !isStandardOutput
    // Emptied only now that it is known not to be the input.
    if problem == nil, isTruncatable, ftruncate(descriptor, 0) != 0 {
      problem = .cannotWrite(file: name, code: errno, rowsWritten: 0)
    }
    if let problem { throw problem }
  }

  /// Writes to an open descriptor, which stays open.
  public init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    closes = false
    replacement = nil
    isTruncatable = false
    isTerminal = isatty(descriptor) == 1
  }

  deinit {
    if closes, descriptor >= 0 { _ = Self.closeDescriptor(descriptor) }
    replacement?.abandon()
  }

  /// Adds bytes to the row under way.
  public func append(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
  }

  /// Lets `body` add bytes to the row under way, at the end of the buffer.
  func withBuffer(_ body: (inout [UInt8]) -> Void) {
    body(&pending)
  }

  /// Ends the row under way, and hands the buffer to the system when much has gathered.
  ///
  /// - Parameter isRow: False for a header, which ``rowsWritten`` does not count.
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func endRow(isRow: Bool = true) throws(RecordError) {
    lineEnds.append((pending.count, isRow))
    if pending.count >= Self.flushSize { try flush() }
  }

  /// Hands all whole rows to the system.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``. The rows that the system took
  ///   are counted and not written again; of a row that it took in part nothing stays in a file.
  public func flush() throws(RecordError) {
    guard let end = lineEnds.last?.offset else { return }
    var written = 0
    var code: Int32 = 0
    pending.withUnsafeBytes { bytes in
      while written < end, code == 0 {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written..<end])
        switch SystemCall.drain(rest, to: descriptor) {
        case .success(let count): written += count
        case .failure(let failure): code = failure.code
        }
      }
    }
    let whole = lineEnds.prefix { $0.offset <= written }
    rowsWritten += whole.count { $0.isRow }
    let wholeEnd = whole.last?.offset ?? 0
    bytesWritten += wholeEnd
    if code != 0 { takeBack(written - wholeEnd) }
    if rowsWritten > 0 { replacement?.keepAtExit() }
    lineEnds.removeFirst(whole.count)
    pending.removeFirst(wholeEnd)
    for index in lineEnds.indices { lineEnds[index].offset -= wholeEnd }
    // One very long row must not hold its memory for ever.
    if pending.isEmpty, pending.capacity > 16 * Self.flushSize { pending = [] }
    if code != 0 { throw failure(code) }
  }

  /// Forgets the rows that the system has not taken, after a fault.
  public func discardUnwritten() {
    pending.removeAll()
    lineEnds.removeAll()
  }

  /// Replaces bytes that were flushed before, such as a header that counts the rows. Only where
  /// ``isTruncatable``.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func overwrite(with bytes: [UInt8], at offset: Int) throws(RecordError) {
    precondition(isTruncatable && offset >= 0 && offset + bytes.count <= bytesWritten)
    let failure = bytes.withUnsafeBytes { bytes -> SystemFailure? in
      var written = 0
      while written < bytes.count {
        let count = pwrite(
          descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(offset + written))
        if count < 0, errno != EINTR { return SystemFailure(code: errno) }
        written += max(0, count)
      }
      return nil
    }
    if let failure { throw self.failure(failure.code) }
  }

  /// Hands all that is left to the system and closes the file: some systems tell only here that a
  /// disk is full. Standard output stays open.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func close() throws(RecordError) {
    if lineEnds.last?.offset ?? 0 < pending.count { lineEnds.append((pending.count, false)) }
    try flush()
    guard closes, descriptor >= 0 else { return }
    // Before the old file goes, the new one is on the disk.
    if replacement != nil, fsync(descriptor) != 0, errno != EINVAL { throw failure(errno) }
    let closing = descriptor
    descriptor = -1
    // Not again after EINTR: Linux has closed the file then.
    if let code = Self.closeDescriptor(closing), code != EINTR { throw failure(code) }
    if let code = replacement?.commit() { throw failure(code) }
  }

  /// The error of a write, after which an old file stays.
  private func failure(_ code: Int32) -> RecordError {
    if let replacement {
      replacement.abandon()
      isOldFileKept = true
    }
    return .cannotWrite(file: name, code: code, rowsWritten: rowsWritten)
  }

  private static func identity(of path: String) -> FileIdentity? {
    var status = stat()
    guard SystemCall.withPath(path, { stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    return FileIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
  }

  /// Removes the last bytes of the file, which belong to a row that did not fit.
  private func takeBack(_ count: Int) {
    guard isTruncatable, count > 0 else { return }
    let end = lseek(descriptor, -off_t(count), SEEK_CUR)
    if end >= 0 { _ = ftruncate(descriptor, end) }
  }

  private static func closeDescriptor(_ descriptor: Int32) -> Int32? {
    #if canImport(Darwin)
      let result = Darwin.close(descriptor)
    #elseif canImport(Musl)
      let result = Musl.close(descriptor)
    #else
      let result = Glibc.close(descriptor)
    #endif
    return result == 0 ? nil : errno
  }
}
