/// Writes stored zip archives, sound ones and such as no program writes.
public struct ZipWriter: Sendable {
  public var usesZip64 = false
  public var method = 0
  public var flags = 0
  /// Added to the size that the directory gives for each entry.
  public var sizeError = 0
  /// In the entry's own header; the directory has the true name.
  public var localName: String?
  public var comment: [UInt8] = []

  public init(
    usesZip64: Bool = false, method: Int = 0, flags: Int = 0, sizeError: Int = 0,
    localName: String? = nil, comment: [UInt8] = []
  ) {
    self.usesZip64 = usesZip64
    self.method = method
    self.flags = flags
    self.sizeError = sizeError
    self.localName = localName
    self.comment = comment
  }

  public func archive(_ entries: [(name: String, data: [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, data) in entries {
      let offset = bytes.count
      let local = Array((localName ?? name).utf8)
      // Padding as torch writes it, so that data begin where only the local header says.
      let padding = littleEndian(0x4246, 2) + littleEndian(3, 2) + [0x5A, 0x5A, 0x5A]
      bytes += littleEndian(0x0403_4B50, 4) + littleEndian(20, 2) + littleEndian(flags, 2)
      bytes += littleEndian(method, 2) + littleEndian(0, 8) + littleEndian(data.count, 4)
      bytes += littleEndian(data.count, 4) + littleEndian(local.count, 2)
      bytes += littleEndian(padding.count, 2) + local + padding + data

      let size = data.count + sizeError
      let extra =
        usesZip64
        ? littleEndian(0x4246, 2) + littleEndian(0, 2) + littleEndian(1, 2) + littleEndian(24, 2)
          + littleEndian(size, 8) + littleEndian(size, 8) + littleEndian(offset, 8) : []
      let short = usesZip64 ? 0xFFFF_FFFF : size
      directory += littleEndian(0x0201_4B50, 4) + littleEndian(20, 2) + littleEndian(20, 2)
      directory += littleEndian(flags, 2) + littleEndian(method, 2) + littleEndian(0, 8)
      directory += littleEndian(short, 4) + littleEndian(short, 4)
      directory += littleEndian(name.utf8.count, 2) + littleEndian(extra.count, 2)
      directory += littleEndian(0, 2) + littleEndian(0, 8)
      directory += littleEndian(usesZip64 ? 0xFFFF_FFFF : offset, 4) + Array(name.utf8) + extra
    }
    let start = bytes.count
    bytes += directory
    if usesZip64 {
      let record = bytes.count
      bytes += littleEndian(0x0606_4B50, 4) + littleEndian(44, 8) + littleEndian(0, 12)
      bytes += littleEndian(entries.count, 8) + littleEndian(entries.count, 8)
      bytes += littleEndian(directory.count, 8) + littleEndian(start, 8)
      bytes += littleEndian(0x0706_4B50, 4) + littleEndian(0, 4) + littleEndian(record, 8)
      bytes += littleEndian(1, 4)
    }
    bytes += littleEndian(0x0605_4B50, 4) + littleEndian(0, 4)
    bytes += littleEndian(usesZip64 ? 0xFFFF : entries.count, 2)
    bytes += littleEndian(usesZip64 ? 0xFFFF : entries.count, 2)
    bytes += littleEndian(usesZip64 ? 0xFFFF_FFFF : directory.count, 4)
    bytes += littleEndian(usesZip64 ? 0xFFFF_FFFF : start, 4)
    return bytes + littleEndian(comment.count, 2) + comment
  }
}

/// `value` as `width` little-endian bytes.
public func littleEndian(_ value: Int, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
