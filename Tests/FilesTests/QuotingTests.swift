import Files
import Testing

struct QuotingTests {
  @Test func nothingThatATerminalObeysIsLeft() {
    #expect(quoted("a\nb\u{1b}[31m\u{9b}0m\u{7f}") == #"'a\u{a}b\u{1b}[31m\u{9b}0m\u{7f}'"#)
    #expect(quoted("\u{202e}\u{2028}\u{2029}\u{200d}") == #"'\u{202e}\u{2028}\u{2029}\u{200d}'"#)
    #expect(printable("é 漢 👍 ❤\u{fe0f}") == "é 漢 👍 ❤\u{fe0f}")
    for invisible in [
      "\u{a0}", "\u{200b}", "\u{feff}", "\u{ad}", "\u{3164}", "\u{2800}", "\u{e000}", "\u{34f}",
      "\u{3000}", "\u{fe00}", "\u{e0041}", "\u{378}",
    ] {
      let number = String(invisible.unicodeScalars.first!.value, radix: 16)
      #expect(quoted("a\(invisible)b") == "'a\\u{\(number)}b'")
    }
    #expect(quoted("") == "''")
  }

  @Test func longNamesAreCut() {
    let name = String(repeating: "é", count: 120)
    #expect(quoted(name) == "'\(name)'")
    #expect(quoted(name + "x") == "'\(name)...'")
    #expect(printable(name + "x") == name + "x")
  }

  @Test func soAreLongLists() {
    #expect(quotedList([]) == "none")
    #expect(quotedList(["a", "b\t"]) == #"'a', 'b\u{9}'"#)
    let names = (0..<23).map(String.init)
    #expect(quotedList(names).hasSuffix("'19' and 3 more"))
    #expect(quotedList(names[..<20]).hasSuffix("'18', '19'"))
  }
}
