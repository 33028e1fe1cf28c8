import TestSupport
import Testing

@testable import Records

@Suite("Separators")
struct DelimiterTests {
  @Test(
    "The header tells the separator, where the wanted column is found by one",
    arguments: [
      ("id;text\n1;\"a;b\"\n", .csv, ";"), ("id|text\n1|a;b\n", .csv, "|"),
      ("id\ttext\n1\ta;b\n", .csv, "\t"), ("id,text\n1,a;b\n", .tsv, ","),
      ("id;text\n1;\"a;b\"\n", nil, ";"), ("id|text\n1|a;b\n", nil, "|"),
      ("\u{FEFF}sep=;\r\nid;text\r\n1;\"a;b\"\r\n", nil, ";"),
      ("\"sep=|\"\nid|text\n1|a;b\n", .csv, "|"), ("SEP=\t\nid\ttext\n1\ta;b\n", .csv, "\t"),
      ("\n\nid;text\n1;\"a;b\"\n", .csv, ";"), ("\"long\nname\";text\n1;\"a;b\"\n", .csv, ";"),
    ] as [(String, RecordFormat?, String)])
  func found(text: String, format: RecordFormat?, delimiter: String) throws {
    for chunkSize in [1, 3, 65_536] {
      let input = try reader(text, format, chunkSize: chunkSize)
      #expect(input.layout.delimiter?.text == delimiter)
      #expect(try input.rest().map(\.text) == ["a;b"])
    }
    // And the output has it again.
    let output = try written(try reader(text, format), adding: ["label"]) { _ in [.string("x")] }
    #expect(output.hasSuffix("\(delimiter)x\n") || output.hasSuffix("\(delimiter)x\r\n"))
    #expect(try reader(output, format).rest().map(\.text) == ["a;b"])
    #expect(output.lowercased().contains("sep=") == text.lowercased().contains("sep="))
  }

  @Test("A line sep= counts as a line, and is text among lines of text")
  func separatorLine() throws {
    let input = try reader("sep=;\nid;text\n1;a\n", .csv)
    #expect(try input.rest().map(\.line) == [3])
    #expect(try reader("sep=;\nx\n", .txt).rest().map(\.text) == ["sep=;", "x"])
    #expect(try reader("sep=\nx\n", nil).rest().map(\.text) == ["sep=", "x"])
    #expect(try reader("sep", nil).rest().map(\.text) == ["sep"])
  }

  @Test("Two separators that find the column are one too many")
  func ambiguous() {
    #expect(
      readingError("a;text;b|text|c\n", .csv)
        == .ambiguousDelimiter(file: "input", name: "text", delimiters: [";", "|"]))
    #expect(
      readingError("a,text,b;text;c\n", nil)
        == .ambiguousDelimiter(file: "input", name: "text", delimiters: [",", ";"]))
    // The file's own separator is not one of two.
    #expect(readingError("a,text,b;text;c\n1,2,3\n", .csv) == nil)
  }

  @Test("A first line that has the column in other letters is not taken for a text")
  func otherLetters() {
    #expect(
      readingError("Id;Text\n1;a\n", nil)
        == .missingColumn(name: "text", file: "input", columns: ["Id", "Text"], separator: ";"))
    #expect(
      readingError("Text,id\n", nil)
        == .missingColumn(name: "text", file: "input", columns: ["Text", "id"]))
  }

  @Test("A column that only looks the same is told by its code points")
  func lookalikes() {
    let error = readingError("id,cafe\u{301}\n", .csv, textColumn: "caf\u{E9}")
    #expect(error?.description.hasSuffix(#"it is written 'cafe\u{301}'"#) == true)
  }

  @Test("What is no separator is none")
  func refused() {
    for scalar in ["\"", "\n", "\r", "\0", "\u{FFFD}"] as [Unicode.Scalar] {
      #expect(Delimiter(scalar) == nil)
    }
  }

  @Test("Advice fits the row")
  func advice() throws {
    let place = RecordPlace(file: "input", row: 1, line: 2)
    let header = "id,text,label\n"
    #expect(
      readingError("\(header)1,Thanks,positive,\n", .csv)
        == .fieldCount(place: place, expected: 3, found: 4, cause: .trailingSeparator))
    let escaped = readingError("id,text\n1,\"He said \\\"great\\\", twice\"\n", .csv)
    #expect(
      escaped == .fieldCount(place: place, expected: 2, found: 3, cause: .backslashQuotes))
    #expect(escaped?.description.contains("double the quotes inside a field (\"\")") == true)
    #expect(
      readingError("id,text\n1,\"a\\\",b\"\n", .csv)
        == .fieldCount(place: place, expected: 2, found: 3, cause: .backslashQuotes))
  }
}
