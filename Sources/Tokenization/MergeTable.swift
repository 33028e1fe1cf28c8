/// Which pairs of tokens byte-pair encoding merges: an open-addressing hash table from two ids to the
/// rank of their merge, lower first, and the id of what they become.
struct MergeTable: Sendable {
  struct Merge {
    var rank: UInt32
    var id: Int32
  }

  private struct Slot {
    var pair: UInt64 = .max
    var merge = Merge(rank: .max, id: 0)
  }

  private var slots: [Slot]
  private let mask: Int
  // No file can foresee it, and craft collisions.
  private let seed = UInt64.random(in: .min ... .max) | 1

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
    mask = size - 1
  }

  @inline(__always)
  private static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }

  @inline(__always)
  private func place(_ pair: UInt64) -> Int {
    let product = (pair ^ pair >> 31) &* seed
    return Int(truncatingIfNeeded: (product ^ product >> 29) >> 20) & mask
  }

  /// Of a pair that is given twice the last merge counts.
  mutating func insert(_ first: Int32, _ second: Int32, _ merge: Merge) {
    let pair = Self.pair(first, second)
    var index = place(pair)
    while slots[index].pair != .max, slots[index].pair != pair { index = (index + 1) & mask }
    slots[index] = Slot(pair: pair, merge: merge)
  }

  /// A rank of `UInt32.max` where the two are not merged.
  @inline(__always)
  subscript(first: Int32, second: Int32) -> Merge {
    let pair = Self.pair(first, second)
    var index = place(pair)
    while true {
      let slot = slots[index]
      if slot.pair == pair || slot.pair == .max { return slot.merge }
      index = (index + 1) & mask
    }
  }
}
