import Foundation

/// SplitMix64 (Steele, Lea and Flood, 2014): a seed gives the same inputs on every machine.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// How many inputs a mutation test tries: `CLOUD4BERT_MUTATIONS` for a long run, else a quick few.
public func mutationCount(default count: Int) -> Int {
  ProcessInfo.processInfo.environment["CLOUD4BERT_MUTATIONS"].flatMap(Int.init) ?? count
}

/// Makes damaged variants of a valid input: the reader under test may accept or refuse them, but
/// must neither crash nor hang nor read out of bounds.
public struct Mutator {
  private var generator: SeededGenerator
  private let interesting: [UInt8] = [0, 1, 0x22, 0x2C, 0x5B, 0x7B, 0x7F, 0x80, 0xC0, 0xFE, 0xFF]
  private let tokens: [[UInt8]]

  /// - Parameter tokens: Byte strings with a meaning in the format, spliced in at random.
  public init(seed: UInt64, tokens: [String] = []) {
    generator = SeededGenerator(seed: seed)
    self.tokens = tokens.map { Array($0.utf8) }
  }

  /// One to eight random edits of `input`: bits flipped, bytes replaced, runs removed, repeated,
  /// swapped or inserted, the end cut off, and integers overwritten with extreme values.
  public mutating func mutate(_ input: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      guard !bytes.isEmpty else {
        bytes = [UInt8.random(in: 0...255, using: &generator)]
        continue
      }
      let at = Int.random(in: 0..<bytes.count, using: &generator)
      let length = min(bytes.count - at, Int.random(in: 1...16, using: &generator))
      switch Int.random(in: 0..<9, using: &generator) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[at] = interesting.randomElement(using: &generator)!
      case 2: bytes.removeSubrange(at..<at + length)
      case 3: bytes.insert(contentsOf: Array(bytes[at..<at + length]), at: at)
      case 4: bytes.removeSubrange(at...)
      case 5:
        let other = Int.random(in: 0..<bytes.count, using: &generator)
        bytes.swapAt(at, other)
      case 6:
        let extremes: [UInt64] = [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, UInt64(Int64.max), .max]
        let value = extremes.randomElement(using: &generator)!
        let width = [2, 4, 8].randomElement(using: &generator)!
        for i in 0..<width where at + i < bytes.count {
          bytes[at + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(i)))
        }
      case 7:
        if let token = tokens.randomElement(using: &generator) {
          bytes.insert(contentsOf: token, at: at)
        }
      default: bytes[at] = UInt8.random(in: 0...255, using: &generator)
      }
    }
    return bytes
  }
}
