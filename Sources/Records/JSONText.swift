/// Strings as they stand in JSON (RFC 8259, section 7).
enum JSONText {
  /// What the bytes between the quotes of a valid JSON string stand for. A surrogate without its
  /// other half, which UTF-8 cannot hold, becomes U+FFFD.
  static func decoded(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while let backslash = bytes.firstIndex(of: UInt8(ascii: "\\"), from: index) {
      result.append(contentsOf: bytes[index..<backslash])
      index = backslash + 2
      switch bytes[backslash + 1] {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "u"):
        var unit = hexadecimal(bytes[index..<index + 4])
        index += 4
        if 0xD800..<0xDC00 ~= unit, index + 6 <= bytes.count,
          bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        {
          let low = hexadecimal(bytes[index + 2..<index + 6])
          if 0xDC00..<0xE000 ~= low {
            unit = 0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            index += 6
          }
        }
        let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
        result.append(contentsOf: UTF8.encode(scalar)!)
      case let other: result.append(other)
      }
    }
    result.append(contentsOf: bytes[index...])
    return String(decoding: result, as: UTF8.self)
  }

  private static func hexadecimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32 {
    digits.reduce(0) { value, digit in
      // '0'…'9' have 3 in the high half, letters 4 or 6.
      value << 4 | UInt32(digit & 15) + (digit > UInt8(ascii: "9") ? 9 : 0)
    }
  }
}
