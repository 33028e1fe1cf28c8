import Files
import Foundation
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
    "1e", "nan", "-NaN", "+Infinity", "Inf", "-Inf", "inf", "tru", "nul", "\"", "\"\\", "\"\\x\"",
    "\"\\u12\"",
    "\"\\ud800\\u12\"", "\"\n\"", "1 2", "[1 2]", "'a'",
    "\u{FEFF}{}",
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

  // The expected values are what Python's json.loads gives for the same texts.

  @Test func takesTheNumbersThatPythonAddsToJSON() throws {
    #expect(
      try parse("[Infinity, -Infinity, 1e400, -1e400]")
        == .array([
          .number(.infinity), .number(-.infinity), .number(.infinity), .number(-.infinity),
        ]))
    guard case .array(let values) = try parse("[NaN]"), case .number(let value) = values[0] else {
      Issue.record("no number")
      return
    }
    #expect(value.isNaN)
    #expect(try parse("[NaN,-Infinity,1e999]").text() == "[NaN,-Infinity,Infinity]")
  }

  @Test func keepsTheOrderOfKeysAndTheLastValueOfAKeyThatStandsTwice() throws {
    guard case .object(let members) = try parse(#"{"b":1,"a":2,"\u0062":3,"c":4}"#) else {
      Issue.record("no object")
      return
    }
    #expect(members.keys == ["b", "a", "c"])
    #expect(members.values == [.integer(3), .integer(2), .integer(4)])
  }

  @Test func everyStringReadsBack() throws {
    let strings =
      (0..<0x100).map { String(Unicode.Scalar($0)!) } + ["\u{2028}\u{1F600}", "a\"\\/b"]
    for string in strings {
      let text = "[\(JSON.quote(string))]"
      #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == [string])
      #expect(try parse(text) == .array([.string(string)]))
    }
  }

  // Python's json takes them, and writes them as they were.
  @Test(arguments: [
    #""\ud800""#, #""a\udc00\n""#, #""\ud800\u0041""#, #""\udc00\ud800""#, #""\ud800\ud83d\ude00""#,
  ])
  func keepsHalfASurrogatePair(text: String) throws {
    let value = try parse(text)
    #expect(value == .brokenString(source: String(text.dropFirst().dropLast())))
    #expect(value.text() == text && value.kind == "a string with half a surrogate pair")
    #expect(throws: JSON.SyntaxError.self) { try JSON(parsing: Array(text.utf8), isStrict: true) }
    guard case .object(let members) = try parse("{\(text):1,\"b\":\(text)}") else {
      Issue.record("no object")
      return
    }
    #expect(members.keys == ["b"] && members.brokenKeys.count == 1)
    #expect(JSON.object(members).text() == "{\"b\":\(text),\(text):1}")
    #expect(throws: JSON.SyntaxError.self) {
      try JSON(parsing: Array("{\(text):1}".utf8), isStrict: true)
    }
  }

  @Test func saysWhichKeyStandsTwiceWhereThatIsRefused() {
    #expect(throws: JSON.SyntaxError(offset: 12, problem: "the key 'a' stands twice in one object"))
    {
      try JSON(parsing: Array(#"{"a":1,"a":2}"#.utf8), isStrict: true)
    }
  }

  // Composed and decomposed é, and K and the sign of kelvin: one string to Swift, two to files.
  @Test(arguments: [0, 20])
  func takesCanonicallyEquivalentKeysForTwo(others: Int) throws {
    let keys = ["caf\u{E9}", "cafe\u{301}", "K", "\u{212A}"]
    let fillers = (0..<others).map { "\"\($0)\":0" }
    let text = (fillers + keys.enumerated().map { "\"\($1)\":\($0)" }).joined(separator: ",")
    guard
      case .object(var members) = try JSON(
        parsing: Array("{\(text)}".utf8), isStrict: true)
    else {
      Issue.record("no object")
      return
    }
    #expect(members.count == others + 4)
    for (index, key) in keys.enumerated() { #expect(members[key] == .integer(index)) }
    members["cafe\u{301}"] = nil
    #expect(members["caf\u{E9}"] == .integer(0))
    #expect(members["cafe\u{301}"] == nil)
    #expect(JSON.string("K") != .string("\u{212A}"))
    #expect(JSON.object(["caf\u{E9}": .null]) != .object(["cafe\u{301}": .null]))
  }

  @Test func writesKeysInTheOrderOfTheirScalars() {
    // As json.dumps(…, sort_keys=True); the canonical order of Swift has the decomposed one second.
    let value = JSON.object([
      "f": .null, "\u{E9}": .null, "e\u{301}": .null, "\u{FF21}": .null, "\u{1F600}": .null,
    ])
    #expect(
      value.text()
        == "{\"e\u{301}\":null,\"f\":null,\"\u{E9}\":null,\"\u{FF21}\":null,\"\u{1F600}\":null}")
  }
}
