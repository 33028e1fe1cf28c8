/// What the first bytes of a file tell about all of it.
enum Encoding {
  /// The byte-order mark of UTF-8, which is no part of the text.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// How many bytes are looked at, of files that have as many.
  static let sampleSize = 8192

  /// - Throws: ``RecordError/notText(file:found:remedy:)`` for files that people take for text.
  static func check(_ first: UnsafeBufferPointer<UInt8>, of file: String) throws(RecordError) {
    for entry in FileMark.all where entry.stands(in: first) {
      throw .notText(file: file, found: entry.found(first), remedy: entry.remedy(first, file))
    }
    let sample = UnsafeBufferPointer(rebasing: first.prefix(sampleSize))
    guard sample.contains(0) else { return }
    switch ByteStatistics(sample).kind {
    case .text: return
    case .wide(let name):
      throw .notText(
        file: file, found: name, remedy: .advice("convert it with iconv -f \(name) -t UTF-8"))
    case .binary:
      throw .notText(
        file: file, found: "binary data with NUL bytes",
        remedy: .advice(
          "save it as text, or convert it with iconv if it is text in another encoding"))
    }
  }
}

/// What tells UTF-16, UTF-32 and binary data without a mark from UTF-8 that has a NUL in it.
///
/// A NUL is a character of UTF-8 like any other, if a rare one. Text in UTF-16 has one in every
/// unit of a line break, digit or Latin letter, and always in the same half of the unit; there is
/// no line break or space but with a NUL beside it, or as half of another character, by chance; and
/// read as UTF-8 the other characters are not well-formed, or control characters.
private struct ByteStatistics {
  enum Kind {
    case text
    /// An encoding by its name for iconv.
    case wide(String)
    case binary
  }

  private let bytes: UnsafeBufferPointer<UInt8>

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  var kind: Kind {
    if let name = wideEncoding { return .wide(name) }
    let nulls = bytes.count { $0 == 0 }
    // A few in a short text are left to the reader.
    guard nulls >= 4 else { return .text }
    let isRidden = nulls >= 16 && nulls * 10 >= bytes.count * 3
    return isRidden || foreignCount * 10 >= bytes.count ? .binary : .text
  }

  private var wideEncoding: String? {
    for (name, order) in [("UTF-32LE", [3, 2]), ("UTF-32BE", [0, 1])] where isUTF32(order) {
      return name
    }
    for (name, high) in [("UTF-16LE", 1), ("UTF-16BE", 0)] where isUTF16(high: high) {
      return name
    }
    return nil
  }

  /// - Parameter order: Where in each unit its highest byte stands, and the next one.
  private func isUTF32(_ order: [Int]) -> Bool {
    guard bytes.count >= 4 else { return false }
    var hasBasicPlane = false
    for unit in stride(from: 0, to: bytes.count - 3, by: 4) {
      let (high, next) = (bytes[unit + order[0]], bytes[unit + order[1]])
      // No character is U+0000, which all of a block of NULs would be.
      guard high == 0, next <= 3 || next == 14, bytes[unit..<unit + 4].contains(where: { $0 != 0 })
      else { return false }
      if next == 0 { hasBasicPlane = true }
    }
    return hasBasicPlane
  }

  /// - Parameter high: Where in each unit its high byte stands.
  private func isUTF16(high: Int) -> Bool {
    let units = bytes.count / 2
    // How much speaks for this order: a low byte with NUL as the high one. U+4E00 and its like, which
    // speak for the other, are frequent in Chinese, but no line break is one.
    var (narrow, reversed, zeros, latin) = (0, 0, 0, 0)
    // Line breaks and spaces of one byte.
    var breaks = 0
    var awaitsLowSurrogate = false
    for unit in 0..<units {
      let (upper, lower) = (bytes[2 * unit + high], bytes[2 * unit + 1 - high])
      if upper == 0, lower == 0 { zeros += 1 }
      if upper == 0, lower != 0 { narrow += weight(lower) }
      if lower == 0, upper != 0 { reversed += weight(upper) }
      latin += upper == 0 ? 1 : 0
      if upper != 0 { breaks += (isBreak(upper) ? 1 : 0) + (isBreak(lower) ? 1 : 0) }
      let isLow = 0xDC...0xDF ~= upper
      if isLow != awaitsLowSurrogate { return false }
      awaitsLowSurrogate = 0xD8...0xDB ~= upper
    }
    guard narrow > reversed, zeros == 0, breaks * 20 <= units else { return false }
    return latin * 10 >= units * 7 || foreignCount * 10 >= bytes.count
  }

  private func weight(_ byte: UInt8) -> Int { isBreak(byte) || byte == 0x0D ? 1000 : 1 }

  private func isBreak(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A }

  /// How many bytes are control characters that texts do not have, or not well-formed UTF-8; NULs do
  /// not count.
  private var foreignCount: Int {
    let controls = bytes.count {
      $0 < 0x20 && $0 != 0 && !(0x09...0x0D ~= $0) && $0 != 0x1B || $0 == 0x7F
    }
    // Without those that the text has itself.
    let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
    let own = bytes.indices.count { bytes[$0] == 0xEF && bytes[$0...].starts(with: replacement) }
    let all = String(decoding: bytes, as: UTF8.self).unicodeScalars.count { $0 == "\u{FFFD}" }
    return controls + all - own
  }
}
