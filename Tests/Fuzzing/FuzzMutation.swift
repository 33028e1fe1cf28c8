import TestSupport

/// Damages files: bytes anywhere, and in texts numbers, names and values as a whole, which random bytes
/// hardly ever hit.
struct FuzzMutation {
  private var generator: SeededGenerator
  private var bytes: Mutator
  private let isText: Bool
  private let words: [[UInt8]]

  private static let numbers = [
    "0", "-0", "1", "-1", "2", "127", "128", "255", "256", "65535", "65536", "16777216", "16777217",
    "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296", "4611686018427387904",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
    "18446744073709551616", "1e308", "1e400", "-1e400", "5e-324", "0.1", "1.0", "3.5", "NaN",
    "Infinity", "-Infinity", "00", "1_000",
  ]
  private static let values = [
    "null", "true", "false", "\"\"", "[]", "{}", "[[]]", "{\"\":0}", "\"\\u0000\"", "\"\\ud800\"",
    "\"\\ud83d\\ude00\"", "\"e\\u0301\"",
  ]

  init(seed: UInt64, tokens: [String], isText: Bool) {
    generator = SeededGenerator(seed: seed)
    bytes = Mutator(seed: seed ^ 0x5DEE_CE66, tokens: tokens + Self.numbers + Self.values)
    words = (tokens + Self.numbers + Self.values).map { Array($0.utf8) }
    self.isText = isText
  }

  mutating func mutate(_ input: [UInt8]) -> [UInt8] {
    // Damaged bytes are mostly refused for their syntax, and seldom get further.
    guard isText, Int.random(in: 0..<4, using: &generator) > 0 else { return bytes.mutate(input) }
    var output = input
    for _ in 0..<Int.random(in: 1...4, using: &generator) { changeWord(&output) }
    return Int.random(in: 0..<8, using: &generator) == 0 ? bytes.mutate(output) : output
  }

  /// Another word, or none, or two, in place of one.
  private mutating func changeWord(_ text: inout [UInt8]) {
    guard !text.isEmpty else { return }
    let start = Int.random(in: 0..<text.count, using: &generator)
    guard let first = text[start...].firstIndex(where: Self.isWord) else { return }
    let end = text[first...].firstIndex { !Self.isWord($0) } ?? text.count
    let isNumber = text[first] &- 0x30 < 10
    let word: [UInt8] =
      isNumber && Int.random(in: 0..<4, using: &generator) > 0
      ? Array(Self.numbers.randomElement(using: &generator)!.utf8)
      : words.randomElement(using: &generator)!
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: text.removeSubrange(first..<end)
    case 1: text.insert(contentsOf: text[first..<end], at: end)
    case 2: text.insert(contentsOf: word, at: end)
    // With its quotation marks, so that another kind of value stands there.
    case 3 where first > 0 && end < text.count && text[first - 1] == 0x22 && text[end] == 0x22:
      text.replaceSubrange(first - 1...end, with: word)
    default: text.replaceSubrange(first..<end, with: word)
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte >= 0x80 || "_-.#".utf8.contains(byte)
  }
}
