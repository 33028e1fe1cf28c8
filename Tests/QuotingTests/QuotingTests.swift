import Quoting
import Testing

struct QuotingTests {
  @Test func nothingThatATerminalObeysIsLeft() {
    #expect(quoted("a\nb\u{1b}[31m\u{9b}0m\u{7f}") == #"'a\u{a}b\u{1b}[31m\u{9b}0m\u{7f}'"#)
    #expect(quoted("\u{202e}\u{2028}\u{2029}\u{200d}") == #"'\u{202e}\u{2028}\u{2029}\u{200d}'"#)
    #expect(printable("é 漢 👍") == "é 漢 👍")
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
