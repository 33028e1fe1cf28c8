import Files

/// The entries of a zip archive whose data lie in it as they are
/// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), zip64 included.
///
/// That is how `torch.save` writes: nothing is compressed, so that tensors can be read in place.
/// Checksums are not compared, as torch can be told to leave them out.
struct ZipArchive {
  let file: MappedFile
  /// Names to where their bytes lie in `file`.
  let entries: [ExactString: Range<Int>]

  private static let endRecordSize = 22
  /// A torch archive has one entry, of about 80 bytes here, for each tensor.
  private static let directoryLimit = 64 << 20

  /// Whether `file` begins as a zip archive does.
  static func isZip(_ file: MappedFile) -> Bool {
    file.count >= 4 && file.load(as: UInt32.self, at: 0) == Signature.localHeader
  }

  private enum Signature {
    static let localHeader: UInt32 = 0x0403_4B50
    static let directoryHeader: UInt32 = 0x0201_4B50
    static let endRecord: UInt32 = 0x0605_4B50
    static let zip64EndRecord: UInt32 = 0x0606_4B50
    static let zip64Locator: UInt32 = 0x0706_4B50
  }

  init(_ file: MappedFile) throws(CheckpointError) {
    let (directory, entryCount) = try Self.directory(of: file)
    var reader = ByteReader(file.bytes(in: directory))
    var entries: [ExactString: Range<Int>] = [:]
    for _ in 0..<entryCount {
      guard let header = DirectoryHeader(&reader) else {
        throw Self.malformed(file, nil, "has a damaged zip directory")
      }
      guard header.flags & 1 == 0 else {
        throw CheckpointError(
          .unsupported, file: file.path, key: header.name, "is an encrypted zip entry")
      }
      guard header.method == 0 else {
        throw CheckpointError(
          .unsupported, file: file.path, key: header.name,
          "is a compressed zip entry (method \(header.method)); torch.save stores them as they are",
          remedy: "save the file again with torch.save, or as model.safetensors")
      }
      let range = try Self.dataRange(of: header, in: file, before: directory.lowerBound)
      guard entries.updateValue(range, forKey: header.name) == nil else {
        throw Self.malformed(file, header.name, "stands twice in the zip directory")
      }
    }
    guard reader.isAtEnd else {
      throw Self.malformed(file, nil, "has a zip directory longer than its entries")
    }
    self.file = file
    self.entries = entries
  }

  /// Where the central directory lies, from the record at the end of the file.
  private static func directory(
    of file: MappedFile
  ) throws(CheckpointError) -> (range: Range<Int>, entryCount: Int) {
    guard let end = endRecordOffset(in: file) else {
      throw malformed(
        file, nil, "has no zip directory at its end", remedy: "fetch it again: it seems cut short")
    }
    var entryCount = UInt64(file.load(as: UInt16.self, at: end + 10))
    var size = UInt64(file.load(as: UInt32.self, at: end + 12))
    var offset = UInt64(file.load(as: UInt32.self, at: end + 16))
    var directoryEnd = end
    let locator = end - 20
    if locator >= 0, file.load(as: UInt32.self, at: locator) == Signature.zip64Locator {
      guard let record = Int(exactly: file.load(as: UInt64.self, at: locator + 8)),
        file.range(at: record, count: 56) != nil, record + 56 <= locator,
        file.load(as: UInt32.self, at: record) == Signature.zip64EndRecord
      else { throw malformed(file, nil, "has a damaged zip64 end record") }
      entryCount = file.load(as: UInt64.self, at: record + 32)
      size = file.load(as: UInt64.self, at: record + 40)
      offset = file.load(as: UInt64.self, at: record + 48)
      directoryEnd = record
    }
    guard let start = Int(exactly: offset), let count = Int(exactly: size),
      let range = file.range(at: start, count: count), range.upperBound <= directoryEnd
    else { throw malformed(file, nil, "has a zip directory outside the file") }
    guard count <= directoryLimit else {
      throw malformed(
        file, nil, "has a zip directory of \(count) bytes; at most \(directoryLimit) are allowed")
    }
    guard entryCount <= UInt64(count / DirectoryHeader.fixedSize) else {
      throw malformed(file, nil, "announces \(entryCount) zip entries in \(count) bytes")
    }
    return (range, Int(entryCount))
  }

  /// The end record is the last thing in the file but for a comment of up to 65535 bytes.
  private static func endRecordOffset(in file: MappedFile) -> Int? {
    let last = file.count - endRecordSize
    guard last >= 0 else { return nil }
    for offset in stride(from: last, through: max(0, last - 0xFFFF), by: -1)
    where file.load(as: UInt32.self, at: offset) == Signature.endRecord
      && Int(file.load(as: UInt16.self, at: offset + 20)) == last - offset
    {
      return offset
    }
    return nil
  }

  /// Data begin after the entry's own header, whose length only that header itself knows: torch
  /// pads it to align the data.
  private static func dataRange(
    of entry: DirectoryHeader, in file: MappedFile, before directoryStart: Int
  ) throws(CheckpointError) -> Range<Int> {
    let fixedSize = 30
    guard let start = Int(exactly: entry.localHeaderOffset),
      let size = Int(exactly: entry.size), entry.compressedSize == entry.size,
      let header = file.range(at: start, count: fixedSize),
      file.load(as: UInt32.self, at: start) == Signature.localHeader
    else { throw malformed(file, entry.name, "has a damaged zip header") }
    let nameLength = Int(file.load(as: UInt16.self, at: start + 26))
    let extraLength = Int(file.load(as: UInt16.self, at: start + 28))
    guard let name = file.range(at: header.upperBound, count: nameLength),
      file.bytes(in: name) == Array(entry.name.utf8)
    else { throw malformed(file, entry.name, "has another name in its own zip header") }
    guard let data = file.range(at: name.upperBound + extraLength, count: size),
      data.upperBound <= directoryStart
    else {
      throw malformed(file, entry.name, "announces \(size) bytes, which reach past the zip's data")
    }
    return data
  }

  /// One header of the central directory.
  private struct DirectoryHeader {
    static let fixedSize = 46

    let name: String
    let flags: UInt16
    let method: UInt16
    var size: UInt64
    var compressedSize: UInt64
    var localHeaderOffset: UInt64

    /// Nil where it does not fit the rest of the directory, or is no header at all.
    init?(_ reader: inout ByteReader) {
      guard reader.integer(UInt32.self) == Signature.directoryHeader, reader.skip(4),
        let flags = reader.integer(UInt16.self), let method = reader.integer(UInt16.self),
        reader.skip(8),  // time, date, checksum
        let compressedSize = reader.integer(UInt32.self), let size = reader.integer(UInt32.self),
        let nameLength = reader.integer(UInt16.self),
        let extraLength = reader.integer(UInt16.self),
        let commentLength = reader.integer(UInt16.self),
        reader.skip(8),  // disk, attributes
        let localHeaderOffset = reader.integer(UInt32.self),
        let name = reader.text(count: Int(nameLength)),
        let extra = reader.bytes(count: Int(extraLength)), reader.skip(Int(commentLength))
      else { return nil }
      self.name = name
      self.flags = flags
      self.method = method
      self.size = UInt64(size)
      self.compressedSize = UInt64(compressedSize)
      self.localHeaderOffset = UInt64(localHeaderOffset)
      guard applyZip64(extra) else { return nil }
    }

    /// The zip64 field holds, in this order, just those numbers that read 0xFFFFFFFF before.
    private mutating func applyZip64(_ extra: [UInt8]) -> Bool {
      let full = UInt64(UInt32.max)
      guard size == full || compressedSize == full || localHeaderOffset == full else { return true }
      var fields = ByteReader(extra)
      while let id = fields.integer(UInt16.self), let length = fields.integer(UInt16.self),
        let content = fields.bytes(count: Int(length))
      {
        guard id == 1 else { continue }
        var numbers = ByteReader(content)
        if size == full {
          guard let number = numbers.integer(UInt64.self) else { return false }
          size = number
        }
        if compressedSize == full {
          guard let number = numbers.integer(UInt64.self) else { return false }
          compressedSize = number
        }
        if localHeaderOffset == full {
          guard let number = numbers.integer(UInt64.self) else { return false }
          localHeaderOffset = number
        }
        return true
      }
      return false
    }
  }

  private static func malformed(
    _ file: MappedFile, _ name: String?, _ problem: String, remedy: String? = nil
  ) -> CheckpointError {
    CheckpointError(.malformed, file: file.path, key: name, problem, remedy: remedy)
  }
}
