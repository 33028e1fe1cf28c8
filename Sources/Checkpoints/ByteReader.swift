/// Walks over bytes from front to back. Every read answers nil, and moves nothing, where fewer
/// bytes are left than it needs.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var position: Int

  /// - Parameter position: Where to begin, at most the number of bytes.
  init(_ bytes: [UInt8], at position: Int = 0) {
    precondition(position >= 0 && position <= bytes.count, "a position outside the bytes")
    self.bytes = bytes
    self.position = position
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// A little-endian integer.
  mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
    guard let range = take(Integer.bitWidth / 8) else { return nil }
    return bytes[range].reversed().reduce(0) { $0 << 8 | Integer(truncatingIfNeeded: $1) }
  }

  mutating func bytes(count: Int) -> [UInt8]? {
    take(count).map { Array(bytes[$0]) }
  }

  /// Nil, too, where the bytes are not UTF-8.
  mutating func text(count: Int) -> String? {
    take(count).flatMap { String(validating: bytes[$0], as: UTF8.self) }
  }

  /// The text up to the next line feed, which is passed over.
  mutating func line(limit: Int) -> String? {
    let end = bytes[position...].prefix(limit + 1).firstIndex(of: UInt8(ascii: "\n"))
    guard let end, let line = text(count: end - position) else { return nil }
    position += 1
    return line
  }

  mutating func skip(_ count: Int) -> Bool { take(count) != nil }

  private mutating func take(_ count: Int) -> Range<Int>? {
    guard count >= 0, count <= bytes.count - position else { return nil }
    defer { position += count }
    return position..<position + count
  }
}
