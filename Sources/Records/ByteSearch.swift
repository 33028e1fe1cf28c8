#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Searches many bytes at a time: the fast path of every format.
extension UnsafeBufferPointer<UInt8> {
  /// The first index from `position` on that holds `byte`, or nil.
  func firstIndex(of byte: UInt8, from position: Int) -> Int? {
    guard position < count, let base = baseAddress,
      let found = memchr(base + position, Int32(byte), count - position)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// The first index from `position` on that holds `delimiter`, CR or LF, or `count`.
  func firstFieldEnd(delimiter: UInt8, from position: Int) -> Int {
    var index = position
    let delimiters = SIMD16<UInt8>(repeating: delimiter)
    let returns = SIMD16<UInt8>(repeating: 0x0D)
    let newlines = SIMD16<UInt8>(repeating: 0x0A)
    let raw = UnsafeRawBufferPointer(self)
    while index + 16 <= count {
      let block = raw.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
      let hits = (block .== delimiters) .| (block .== returns) .| (block .== newlines)
      if any(hits) { break }
      index += 16
    }
    while index < count {
      let byte = self[index]
      if byte == delimiter || byte == 0x0D || byte == 0x0A { break }
      index += 1
    }
    return index
  }

  /// The first index from `position` on that holds CR or LF, or `count`.
  func firstLineByte(from position: Int) -> Int {
    firstFieldEnd(delimiter: 0x0A, from: position)
  }

  /// How many lines end in it: with LF, CR LF or CR.
  var lineBreakCount: Int {
    var total = 0
    var position = 0
    while let end = firstLineEnd(from: position, atEnd: true) {
      total += 1
      position = end + 1
    }
    return total
  }

  /// The first index from `position` on where a line ends: that of a LF, or of a CR with another byte
  /// behind it, or with nothing where `atEnd`.
  func firstLineEnd(from position: Int, atEnd: Bool) -> Int? {
    let ending = firstLineByte(from: position)
    guard ending < count else { return nil }
    if self[ending] == 0x0A { return ending }
    if ending + 1 < count { return self[ending + 1] == 0x0A ? ending + 1 : ending }
    return atEnd ? ending : nil
  }

  /// Whether a quote stands behind a backslash.
  var hasBackslashQuote: Bool {
    var position = 0
    while let found = firstIndex(of: UInt8(ascii: "\\"), from: position) {
      if found + 1 < count, self[found + 1] == UInt8(ascii: "\"") { return true }
      position = found + 1
    }
    return false
  }

  /// Whether all of it is well-formed UTF-8 (Unicode 15, table 3-7).
  var isValidUTF8: Bool {
    let raw = UnsafeRawBufferPointer(self)
    var index = 0
    while index < count {
      if index + 8 <= count,
        raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        index += 8
        continue
      }
      let lead = self[index]
      if lead < 0x80 {
        index += 1
        continue
      }
      // The length of the sequence, and what its second byte may be.
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      case 0xF1...0xF3: length = 4
      default: return false
      }
      guard index + length <= count, second.contains(self[index + 1]) else { return false }
      for offset in 2..<Swift.max(2, length) where self[index + offset] & 0xC0 != 0x80 {
        return false
      }
      index += length
    }
    return true
  }
}
