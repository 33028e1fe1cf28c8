/// Strings as JSON writes them (RFC 8259, section 7).
public enum JSONText {
  /// Appends `string` in quotes. Quotes, backslashes and control characters are escaped; all else
  /// stays UTF-8, as every JSON reader takes it.
  public static func append(_ string: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { utf8 in
      var copied = 0
      for index in utf8.indices {
        let byte = utf8[index]
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
        bytes.append(contentsOf: utf8[copied..<index])
        copied = index + 1
        appendEscape(of: byte, to: &bytes)
      }
      bytes.append(contentsOf: utf8[copied...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// `string` in quotes, as a string.
  public static func quoted(_ string: String) -> String {
    var bytes: [UInt8] = []
    append(string, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0..<0x20:
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }

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
