/// What packed runs of scalars say of each of them.
///
/// Two stages: a block of 256 scalars is found by its number, and blocks of one value are shared.
struct StagedRuns: Sendable {
  private var blocks: [UInt16] = []
  private var values: [UInt16] = []

  /// - Parameter packed: Of runs from U+0000 on: length, value.
  init(_ packed: StaticString) {
    var numbers = PackedNumbers(packed)
    var uniform: [UInt16: UInt16] = [:]
    var block: [UInt16] = []
    blocks.reserveCapacity(0x1100)
    while let length = numbers.next(), let raw = numbers.next() {
      let value = UInt16(truncatingIfNeeded: raw)
      var left = length
      while left > 0 {
        if block.isEmpty, left >= 256 {
          let known = uniform[value] ?? UInt16(values.count / 256)
          if uniform.updateValue(known, forKey: value) == nil {
            values.append(contentsOf: repeatElement(value, count: 256))
          }
          blocks.append(known)
          left -= 256
        } else {
          let taken = min(left, 256 - block.count)
          block.append(contentsOf: repeatElement(value, count: taken))
          left -= taken
          if block.count == 256 {
            blocks.append(UInt16(values.count / 256))
            values.append(contentsOf: block)
            block.removeAll(keepingCapacity: true)
          }
        }
      }
    }
  }

  /// - Parameter scalar: At most U+10FFFF.
  @inline(__always)
  subscript(scalar: UInt32) -> UInt16 {
    values[Int(blocks[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
  }
}
