/// Reads the numbers of a `UnicodeTables` literal: five bits a digit, least significant first, and
/// a digit of 32 or more has another after it.
struct PackedNumbers: IteratorProtocol {
  private let text: StaticString
  private var position = 0

  init(_ text: StaticString) {
    self.text = text
  }

  mutating func next() -> Int? {
    text.withUTF8Buffer { bytes in
      var number = 0
      var shift = 0
      while position < bytes.count {
        let digit = Self.digit(bytes[position])
        position += 1
        number |= (digit & 31) << shift
        if digit < 32 { return number }
        shift += 5
      }
      return nil
    }
  }

  private static func digit(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 97 + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48 + 52
    default: byte == UInt8(ascii: "+") ? 62 : 63
    }
  }
}
