/// Walks over the fields of a protocol buffer (the wire format of protobuf): nothing is built, and nothing is
/// read behind its end.
struct ProtocolBuffer {
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64
    /// Of the whole buffer.
    case bytes(Range<Int>)
  }

  struct Damage: Error {
    /// From the begin of the whole buffer.
    let offset: Int
    let problem: String
  }

  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

  /// A message inside another.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field and its number; nil at the end.
  mutating func next() throws(Damage) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let key = try integer()
    let field = Int(truncatingIfNeeded: key >> 3)
    guard (1..<1 << 29).contains(field) else { throw damage("there is no field \(key >> 3)") }
    switch key & 7 {
    case 0: return (field, .integer(try integer()))
    case 1:
      _ = try take(8)
      return (field, .fixed64)
    case 2:
      let length = try integer()
      guard length <= UInt64(end - position) else {
        throw damage("\(length) bytes are to follow, and \(end - position) do")
      }
      return (field, .bytes(try take(Int(length))))
    case 5:
      let place = try take(4)
      return (
        field,
        .fixed32(place.reversed().reduce(0) { $0 << 8 | UInt32(bytes[$1]) })
      )
    default: throw damage("there is no wire type \(key & 7)")
    }
  }

  private mutating func integer() throws(Damage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else { throw damage("it ends too early") }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw damage("an integer has more than 10 bytes")
  }

  private mutating func take(_ count: Int) throws(Damage) -> Range<Int> {
    guard count <= end - position else { throw damage("it ends too early") }
    defer { position += count }
    return position..<position + count
  }

  private func damage(_ problem: String) -> Damage { Damage(offset: position, problem: problem) }
}
