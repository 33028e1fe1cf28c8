import Foundation
import TestSupport
import Testing

@testable import CommandLineTool

@Suite struct TerminalColumnsTests {
  private struct Case: Decodable {
    let text: String
    let columns: Int
  }

  /// What Python's wcwidth counts.
  @Test func textsTakeTheColumnsThatATerminalGivesThem() throws {
    let file = fixturesFolder.appending(path: "terminal-width.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count > 20)
    for one in cases { #expect(one.text.terminalColumns == one.columns, "\(one.text)") }
  }

  @Test func columnsOfATableLineUp() {
    var table = TextTable([.left, .right, .left])
    table.append(["label", "n", "text"])
    table.append(["肯定的", "10", "x"])
    table.append(["👍", "2", "y"])
    #expect(
      table.text == """
        label    n  text
        肯定的  10  x
        👍       2  y

        """)
  }

  @Test(arguments: [
    ("naïve", 5, "naïve"), ("naïvely", 5, "naïv…"), ("肯定的", 6, "肯定的"), ("肯定的", 5, "肯定…"),
    ("肯定的", 4, "肯…"), ("a\nb", 3, "a b"), ("👍👍👍", 5, "👍👍…"),
    ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
  ])
  func excerptsAreCutByColumns(_ text: String, limit: Int, excerpt: String) {
    let cut = EvaluationTables.excerpt(text, limit: limit)
    #expect(cut == excerpt)
    #expect(cut.terminalColumns <= limit)
  }
}
