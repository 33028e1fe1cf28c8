import StrictJSON
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

  @Test func readsEveryKindOfValue() throws {
    let value = try parse(
      #" {"a": [1, -2, 3.5, 1e-12, 1E+2], "b": {"": null}, "c\n\u00e9\ud83d\ude00\/": true} "#)
    #expect(
      value
        == .object([
          "a": .array([.integer(1), .integer(-2), .number(3.5), .number(1e-12), .number(100)]),
          "b": .object(["": .null]), "c\né😀/": .bool(true),
        ]))
    #expect(try parse("\"é😀\"") == .string("é😀"))
    #expect(try parse("[]") == .array([]))
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try parse("1.0") == .number(1))
  }

  @Test(arguments: [
    "", " ", "{", "[", "{}}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", ".5",
    "1e", "1e400", "-1e400", "NaN", "Infinity", "tru", "nul", "\"", "\"\\", "\"\\x\"", "\"\\u12\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "1 2", "[1 2]", "'a'",
    "\u{FEFF}{}", "{\"a\":1,\"\\u0061\":2}",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: JSON.SyntaxError.self) { try parse(text) }
  }

  @Test func refusesBytesThatAreNotUTF8() {
    #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: [0x22, 0xC3, 0x28, 0x22]) }
    #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
  }

  @Test func refusesNestingThatWouldExhaustTheStack() throws {
    let levels = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
    #expect(throws: Never.self) { try parse(levels) }
    #expect(throws: JSON.SyntaxError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
  }

  @Test func refusesMoreValuesThanAllowed() throws {
    let text = Array("[0,0,0,0]".utf8)
    #expect(throws: Never.self) { try JSON(parsing: text, valueLimit: 5) }
    #expect(throws: JSON.SyntaxError(offset: 7, problem: "too many values")) {
      try JSON(parsing: text, valueLimit: 4)
    }
  }

  @Test func saysWhichKeyStandsTwice() {
    #expect(throws: JSON.SyntaxError(offset: 12, problem: "the key 'a' stands twice in one object"))
    {
      try parse(#"{"a":1,"a":2}"#)
    }
  }
}
