/// A number by which a stream of bytes is known again, however it is cut into pieces: for finding out
/// that a file is another one or was changed, not for proof against people who want to deceive.
package struct StreamDigest: Sendable, Equatable {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  /// Bytes that do not make a word yet, the first one lowest.
  private var pending: UInt64 = 0
  /// How many bytes there were.
  package private(set) var byteCount = 0

  package init() {}

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index < bytes.count, byteCount % 8 != 0 {
      appendByte(bytes[index])
      index += 1
    }
    while index + 8 <= bytes.count {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
      byteCount += 8
      index += 8
    }
    while index < bytes.count {
      appendByte(bytes[index])
      index += 1
    }
  }

  package mutating func append(_ text: String) {
    // The length keeps texts apart that are added one after another.
    var text = text
    withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { append($0) }
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Of all bytes so far.
  package var value: UInt64 {
    var end = self
    end.mix(pending)
    end.mix(UInt64(byteCount))
    var value = end.state
    value = (value ^ value >> 33) &* 0xFF51_AFD7_ED55_8CCD
    return value ^ value >> 33
  }

  private mutating func appendByte(_ byte: UInt8) {
    pending |= UInt64(byte) << UInt64(8 * (byteCount % 8))
    byteCount += 1
    guard byteCount % 8 == 0 else { return }
    mix(pending)
    pending = 0
  }

  private mutating func mix(_ word: UInt64) {
    let mixed = state ^ (word &* 0x87C3_7B91_1142_53D5)
    state = (mixed << 31 | mixed >> 33) &* 0x4CF5_AD43_2745_937F &+ 0x52DC_E729
  }
}
