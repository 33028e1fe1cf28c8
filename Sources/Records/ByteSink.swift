public import Files

/// Writes bytes to a file or standard output, through a buffer that is handed to the system in
/// whole rows: a program that is stopped leaves no torn row behind.
///
/// Whoever writes to a pipe must have SIGPIPE ignored (`signal(SIGPIPE, SIG_IGN)`), or the system
/// ends the program when the pipe's reader has gone, before it can say so; ignored, it is a
/// ``RecordError/cannotWrite(file:code:rowsWritten:)``.
///
/// Where the path's extension tells of compression, the file is compressed.
///
/// A file that is there already, with something in it, is replaced by ``close()``: until then the
/// rows go to a new file, and where they do not fit on the disk the old one stays.
///
/// Nothing is written when the sink goes away without ``close()``, but for what was written before;
/// and a file that was to be replaced is left as it was.
public final class ByteSink {
  /// The path, or "standard output": for messages.
  public let name: String
  /// Whether a person watches: then rows are wanted as they come, and control characters are not.
  public let isTerminal: Bool
  /// How many rows the system has taken in full; of a compressed file, also those on the way to it.
  public private(set) var rowsWritten = 0
  /// How many bytes the system has taken of these rows and the headers between them.
  public private(set) var bytesWritten = 0

  private let file: FileDescriptor
  /// The old file, where another is to take its place: held so that nobody else does the same.
  private var oldFile: FileDescriptor?
  /// How many bytes the header has.
  private var headerBytes = 0
  /// Of the bytes behind the header that the system has taken.
  private var digest = StreamDigest()
  /// Whether the header is in the file already.
  private var hasHeader = false
  /// Whether the file is still is still to be closed here.
  private var closes: Bool
  /// Whether what was written of a torn row can be taken back, and what was written before changed:
  /// in regular files that are not standard output, and are not compressed.
  public let isTruncatable: Bool
  /// Whether it is a regular file that is not standard output.
  private let isOwnFile: Bool
  /// Nil where nothing is compressed.
  private let compression: Compression?
  private var encoder: (any StreamEncoder)?
  /// What is compressed and not yet with the system.
  private var encoded: [UInt8] = []
  /// Up to where the compressed file can be unpacked.
  private var lastPart = (rows: 0, bytes: 0)
  /// The same of a file that the shell opened, for torn rows alone.
  private let canTakeBack: Bool
  private var pending: [UInt8] = []
  /// Where an old file is replaced.
  private var replacement: Replacement?
  /// Whether an old file stays in place of what did not fit on the disk.
  public private(set) var isOldFileKept = false
  private var lineEnds: [(offset: Int, isRow: Bool)] = []

  /// Past this many bytes a row's end hands the buffer on.
  private static let flushSize = 128 * 1024
  /// Past this many bytes a part of a compressed file ends.
  private static let partSize = 4 * 1024 * 1024

  /// Creates the file, or begins to replace it when it exists; for the path "-" takes standard output.
  ///
  /// - Parameters:
  ///   - path: Of the file; "-" for standard output.
  ///   - input: The file being read, which is not to be emptied.
  ///   - kept: What another sink has made safe of this file, behind which to go on; nil to begin anew.
  ///     The header that the writer begins with is not written again.
  /// - Throws: ``RecordError/outputIsInput(file:)``, ``RecordError/outputInUse(file:process:)``,
  ///   ``RecordError/outputChanged(file:rows:)`` and ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public init(
    path: String, notOverwriting input: FileIdentity? = nil, keeping kept: KeptOutput? = nil
  ) throws(RecordError) {
    let isStandardOutput = path == "-"
    name = isStandardOutput ? "standard output" : printable(PathText.shown(path))
    let old = try? isStandardOutput ? nil : FileStatus(of: path)
    if let input, let old, old.kind == .regular, old.identity == input {
      throw .outputIsInput(file: name)
    }
    let status: FileStatus
    do throws(SystemFailure) {
      if kept != nil {
        replacement = try Replacement(leftFor: path)
      } else {
        replacement = old.flatMap { ByteSink.replacement(of: path, $0) }
      }
      if let replacement {
        file = replacement.file
        if old?.kind == .regular { oldFile = try? FileDescriptor(opening: path, for: .writing) }
      } else if kept != nil {
        file = try FileDescriptor(opening: path, for: .both)
      } else {
        file =
          try isStandardOutput
          ? .standardOutput : FileDescriptor(opening: path, for: .writing, .create)
      }
      closes = !isStandardOutput && replacement == nil
      isTerminal = file.isTerminal
      status = try file.status()
    } catch {
      throw .cannotWrite(file: name, code: error.code, rowsWritten: 0)
    }
    isOwnFile = status.kind == .regular && !isStandardOutput
    compression = isStandardOutput ? nil : Compression(path: path)
    isTruncatable = isOwnFile && compression == nil
    canTakeBack = status.kind == .regular && !(isStandardOutput && file.isAppending)
    if status.kind == .regular, let input, status.identity == input {
      throw .outputIsInput(file: name)
    }
    encoder = compression?.encoder(isGoingOn: kept != nil)
    if isOwnFile, let process = oldFile?.lockForWriting() ?? file.lockForWriting() {
      throw .outputInUse(file: name, process: process)
    }
    // Changed only now that it is known to be nobody else's.
    do throws(SystemFailure) {
      if let kept {
        if isOwnFile, try has(kept) {
          try file.truncate(to: kept.bytes)
          lastPart = (kept.rows, kept.bytes)
          return
        }
      } else {
        if isOwnFile { try file.truncate(to: 0) }
        return
      }
    } catch {
      throw failure(error)
    }
    throw .outputChanged(file: name, rows: kept?.rows ?? 0)
  }

  /// Whether the file still begins with these rows, behind which to go on then.
  private func has(_ kept: KeptOutput) throws(SystemFailure) -> Bool {
    guard kept.headerBytes >= 0, kept.headerBytes <= kept.bytes || compression != nil,
      try file.status().size >= kept.bytes
    else { return false }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset = compression == nil ? kept.headerBytes : 0
    while offset < kept.bytes {
      let count = min(try file.read(into: &buffer, at: offset), kept.bytes - offset)
      if count == 0 { return false }
      buffer.withUnsafeBytes { digest.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += count
    }
    guard digest.value == kept.digest else { return false }
    (rowsWritten, bytesWritten, headerBytes) = (kept.rows, kept.bytes, kept.headerBytes)
    hasHeader = kept.headerBytes > 0
    return true
  }

  /// What is safe on the disk, once it is: all rows that were flushed. A file that is to replace an old
  /// one is kept from now on, when the program ends early.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``; the sink stays as it is.
  public func makeSafe() throws(RecordError) -> KeptOutput {
    try endPart()
    do throws(SystemFailure) {
      try file.synchronize()
      try replacement?.keep()
    } catch {
      throw .cannotWrite(file: name, code: error.code, rowsWritten: rowsWritten)
    }
    return KeptOutput(
      rows: rowsWritten, bytes: bytesWritten, headerBytes: headerBytes, digest: digest.value)
  }

  /// Refuses a file that another process is writing.
  ///
  /// - Throws: ``RecordError/outputInUse(file:process:)``.
  public static func checkUnused(_ path: String) throws(RecordError) {
    for file in [Replacement.keptPath(of: path), path] {
      guard (try? FileStatus(of: file))?.kind == .regular,
        let descriptor = try? FileDescriptor(opening: file, for: .reading)
      else { continue }
      defer { try? descriptor.close() }
      if let process = descriptor.lockOwner {
        throw .outputInUse(file: printable(PathText.shown(path)), process: process)
      }
    }
  }

  /// Where the rows of an output that ``makeSafe()`` kept are, or nil where none is there.
  public static func keptPath(of path: String) -> String? {
    [Replacement.keptPath(of: path), path].first { (try? FileStatus(of: $0))?.kind == .regular }
  }

  /// Begins to replace a file that has something in it; nil where it is to be written itself.
  private static func replacement(of path: String, _ old: FileStatus) -> Replacement? {
    // Paths to a descriptor lead to files whose name others hold on to.
    guard !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/"), old.kind == .regular, old.size > 0,
      FileSystem.isWritable(path)
    else { return nil }
    return try? Replacement(of: path)
  }

  /// Writes to an open descriptor, which stays open.
  public init(descriptor: Int32, name: String) {
    file = FileDescriptor(number: descriptor)
    self.name = name
    closes = false
    replacement = nil
    isTruncatable = false
    isOwnFile = false
    compression = nil
    canTakeBack = false
    isTerminal = file.isTerminal
  }

  deinit {
    if closes { try? file.close() }
    replacement?.abandon()
    try? oldFile?.close()
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
    defer { hasHeader = false }
    if hasHeader, !isRow {
      pending.removeAll()
      return
    }
    lineEnds.append((pending.count, isRow))
    if pending.count >= Self.flushSize { try flush() }
  }

  /// Hands all whole rows to the system.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``. The rows that the system took
  ///   are counted and not written again; of a row that it took in part nothing stays in a file.
  public func flush() throws(RecordError) {
    guard let end = lineEnds.last?.offset else { return }
    if let encoder { return try encode(to: end, with: encoder) }
    var written = 0
    var failure: SystemFailure?
    pending.withUnsafeBytes { bytes in
      do throws(SystemFailure) {
        while written < end {
          written += try file.write(UnsafeRawBufferPointer(rebasing: bytes[written..<end]))
        }
      } catch {
        failure = error
      }
    }
    let whole = lineEnds.prefix { $0.offset <= written }
    rowsWritten += whole.count { $0.isRow }
    let wholeEnd = whole.last?.offset ?? 0
    var firstOfRows = 0
    if bytesWritten == 0, let header = whole.first, !header.isRow {
      headerBytes = header.offset
      firstOfRows = header.offset
    }
    pending.withUnsafeBytes {
      digest.append(UnsafeRawBufferPointer(rebasing: $0[firstOfRows..<wholeEnd]))
    }
    bytesWritten += wholeEnd
    if failure != nil { takeBack(written - wholeEnd) }
    if rowsWritten > 0 { replacement?.keepAtExit() }
    lineEnds.removeFirst(whole.count)
    pending.removeFirst(wholeEnd)
    for index in lineEnds.indices { lineEnds[index].offset -= wholeEnd }
    // One very long row must not hold its memory for ever.
    if pending.isEmpty, pending.capacity > 16 * Self.flushSize { pending = [] }
    if let failure { throw self.failure(failure) }
  }

  /// Compresses all whole rows.
  private func encode(to end: Int, with encoder: any StreamEncoder) throws(RecordError) {
    if rowsWritten == 0, headerBytes == 0, let header = lineEnds.first, !header.isRow {
      headerBytes = header.offset
    }
    rowsWritten += lineEnds.count { $0.isRow }
    lineEnds.removeAll()
    pending.withUnsafeBytes {
      encoder.append(UnsafeRawBufferPointer(rebasing: $0[..<end]), to: &encoded)
    }
    pending.removeFirst(end)
    if encoded.count >= Self.flushSize { try writeEncoded() }
    if bytesWritten - lastPart.bytes >= Self.partSize { try endPart() }
    if rowsWritten > 0 { replacement?.keepAtExit() }
  }

  /// Hands to the system what makes the compressed file one that can be unpacked up to here.
  private func endPart() throws(RecordError) {
    guard let encoder else { return }
    encoder.endPart(to: &encoded)
    try writeEncoded()
    lastPart = (rowsWritten, bytesWritten)
  }

  private func writeEncoded() throws(RecordError) {
    var written = 0
    var failure: SystemFailure?
    encoded.withUnsafeBytes { bytes in
      do throws(SystemFailure) {
        while written < bytes.count {
          written += try file.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
        }
      } catch {
        failure = error
      }
      digest.append(UnsafeRawBufferPointer(rebasing: bytes[..<written]))
    }
    bytesWritten += written
    encoded.removeAll(keepingCapacity: true)
    guard let failure else { return }
    // What is behind the last part cannot be unpacked.
    takeBack(bytesWritten - lastPart.bytes)
    (rowsWritten, bytesWritten) = lastPart
    discardUnwritten()
    encoder = compression?.encoder(isGoingOn: bytesWritten > 0)
    throw self.failure(failure)
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
    do throws(SystemFailure) {
      try file.writeAll(bytes, at: offset)
    } catch {
      throw failure(error)
    }
  }

  /// Hands all that is left to the system and closes the file: some systems tell only here that a
  /// disk is full. Standard output stays open.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func close() throws(RecordError) {
    if lineEnds.last?.offset ?? 0 < pending.count { lineEnds.append((pending.count, false)) }
    try flush()
    if let encoder {
      encoder.finish(to: &encoded)
      self.encoder = nil
      try writeEncoded()
    }
    do throws(SystemFailure) {
      if let replacement {
        // Before the old file goes, the new one is on the disk.
        try file.synchronize()
        try replacement.commit()
        self.replacement = nil
      } else if closes {
        closes = false
        try file.close()
      }
    } catch {
      throw failure(error)
    }
  }

  /// The error of a write, after which an old file stays.
  private func failure(_ failure: SystemFailure) -> RecordError {
    if let replacement {
      replacement.abandon()
      isOldFileKept = true
    }
    return .cannotWrite(file: name, code: failure.code, rowsWritten: rowsWritten)
  }

  /// Removes the last bytes of the file, which belong to a row that did not fit.
  private func takeBack(_ count: Int) {
    guard canTakeBack, count > 0 else { return }
    if let end = try? file.position() { try? file.truncate(to: end - count) }
  }
}
