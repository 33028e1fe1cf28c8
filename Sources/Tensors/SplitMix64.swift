/// SplitMix64 (Steele, Lea and Flood, 2014, https://doi.org/10.1145/2660193.2660195): the same numbers
/// on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  public var state: UInt64

  public init(state: UInt64) {
    self.state = state
  }

  /// A stream of its own for each choice of numbers, such as a seed and an epoch.
  public init(_ numbers: UInt64...) {
    state = 0
    // Hashed one after the other: neighbouring numbers must not give neighbouring streams.
    for number in numbers {
      state ^= number
      state = next()
    }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number below `bound`: the upper half of a 128-bit product, whose bias of less than
  /// `bound / 2⁶⁴` nothing here can notice. Written out, as the standard library's way may change.
  public mutating func number(below bound: Int) -> Int {
    precondition(bound > 0, "there is no number below \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// All numbers below `count` in random order (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, number(below: last + 1))
    }
    return order
  }
}
