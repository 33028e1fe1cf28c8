import Files
import Testing

@Suite struct ExactStringTests {
  /// Each pair is one string to Swift.
  private static let pairs = [
    ("caf\u{E9}", "cafe\u{301}"), ("[UNK]", "[UN\u{212A}]"), ("a;b", "a\u{37E}b"),
    ("q\u{307}\u{323}", "q\u{323}\u{307}"), ("\u{AC00}", "\u{1100}\u{1161}"),
  ]

  @Test(arguments: pairs)
  func takesCanonicallyEquivalentStringsForTwo(first: String, second: String) {
    #expect(first == second)
    #expect(!first.isExactly(second))
    #expect(ExactString(first) != ExactString(second))
    #expect(
      (ExactString(first) < ExactString(second)) != (ExactString(second) < ExactString(first)))
    var set: Set<ExactString> = []
    #expect([first, second, first].map { set.insert($0) } == [true, true, false])
    #expect(set.contains(second))
    var numbers: [ExactString: Int] = [:]
    numbers[first] = 1
    numbers[second, default: 1] += 1
    #expect(numbers[first] == 1)
    #expect(numbers[second] == 2)
  }

  @Test func sortsByScalars() {
    #expect(
      ["\u{1F600}", "\u{E9}", "f", "e\u{301}", "\u{FF21}"].exactlySorted()
        .map { Array($0.unicodeScalars) }
        == [["e", "\u{301}"], ["f"], ["\u{E9}"], ["\u{FF21}"], ["\u{1F600}"]])
  }
}
