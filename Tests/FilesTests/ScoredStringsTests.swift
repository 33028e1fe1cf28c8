import Files
import TestSupport
import Testing

/// Lists of pairs of a string and a number, as of Unigram models.
@Suite struct ScoredStringsTests {
  private func read(_ json: String) throws(JSON.SyntaxError) -> [(token: String, score: Double)] {
    var reader = JSONReader(Array(json.utf8))
    var arena: [UInt8] = []
    var found: [(Range<Int>, Double)] = []
    try reader.scoredStrings(in: &arena) { found.append(($0, $1)) }
    try reader.finish()
    return found.map { (String(decoding: arena[$0], as: UTF8.self), $1) }
  }

  @Test func readsPairs() throws {
    let pairs = try read(#" [ ["a", 0.0] ,["\u2581", -1.5],["", -3 ] , ["é\n", 1e-3],["x",-0.0]] "#)
    #expect(pairs.map(\.token) == ["a", "\u{2581}", "", "é\n", "x"])
    #expect(pairs.map(\.score) == [0, -1.5, -3, 1e-3, 0])
    #expect(pairs[4].score.sign == .minus)
  }

  @Test(arguments: [
    "{}", "[\"a\"]", "[[\"a\"]]", "[[\"a\",]]", "[[\"a\", 1.0, 2]]", "[[1.0, \"a\"]]",
    "[[\"a\", \"1\"]]",
    "[[\"a\", NaN]]", "[[\"a\", 1e999]]", "[[\"a\", 1.]]", "[[\"a\", .5]]", "[[\"a\", 01.5]]",
    "[[\"a\", -]]", "[[\"a\", 1.5e]]", "[[\"\\ud800\", 1.5]]", "[[\"a\", 1.5", "[[\"a\" 1.5]]",
  ])
  func refusesWhatIsNone(_ json: String) {
    #expect(throws: JSON.SyntaxError.self) { try read(json) }
  }

  /// Numbers are read without a string between, to the very bit that the standard library gives.
  @Test func roundsAsTheStandardLibraryDoes() throws {
    var generator = SeededGenerator(seed: 1)
    var texts = [
      "9007199254740993.0", "9007199254740992.5", "9007199254740991.5", "18446744073709551615.0",
      "18446744073709551616.0", "0.5", "0.0000000000000000001", "0.1", "-13.447527885437012",
      "1.00000000000000011102230246251565", "0.00000000000000000000001", "2.5e3", "5e-324",
    ]
    for _ in 0..<20_000 {
      let value = Float.random(in: -30...0, using: &generator)
      texts.append("\(Double(value))")
      let digits = UInt64.random(
        in: 0...UInt64.max >> UInt64.random(in: 0...63, using: &generator), using: &generator)
      let text = String(digits)
      let point = Int.random(in: 0...text.count, using: &generator)
      let whole = point == 0 ? "0" : String(text.prefix(point))
      let rest = point == text.count ? "0" : String(text.dropFirst(point))
      texts.append("\(whole).\(rest)")
    }
    let json = "[\(texts.map { "[\"\",\($0)]" }.joined(separator: ","))]"
    for (pair, text) in zip(try read(json), texts) {
      #expect(pair.score.bitPattern == Double(text)?.bitPattern, "\(text)")
    }
  }
}

private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
