import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Lines of text")
struct LineTests {
  @Test(
    "Every line is a text, an empty one too, and the last needs no ending",
    arguments: [
      ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\n\n", ["a", ""]),
      ("\n\na", ["", "", "a"]), ("a\r\nb\r\n", ["a", "b"]), ("a\rb\n", ["a", "b"]),
      ("one\rtwo\rthree", ["one", "two", "three"]),
      ("a\r\rb\r", ["a", "", "b"]), ("\ra\n", ["", "a"]),
      ("a\r", ["a"]), ("\r\n", [""]), ("a\r\r\nb\r\r", ["a", "b", ""]), ("\r", [""]),
      ("a\0b\n\"x\n{\n", ["a\0b", "\"x", "{"]),
      ("\u{FEFF}a\n\u{FEFF}b", ["a", "\u{FEFF}b"]), ("a\u{2028}b\u{85}c\n", ["a\u{2028}b\u{85}c"]),
    ] as [(String, [String])])
  func lines(text: String, expected: [String]) throws {
    for chunkSize in [1, 2, 3, 7, 65_536] {
      let input = try reader(text, .txt, chunkSize: chunkSize)
      let records = try input.rest()
      #expect(records.map { Array($0.text.utf8) } == expected.map { Array($0.utf8) })
      #expect(records.map(\.row) == Array(1..<expected.count + 1))
      #expect(records.map(\.line) == records.map(\.row))
      #expect(input.bytesConsumed == text.utf8.count)
      #expect(input.totalBytes == text.utf8.count)
      #expect(records.allSatisfy { $0["text"] == nil && $0.columns.isEmpty })
    }
  }

  @Test("Any number of lone CRs is read in linear time", .timeLimit(.minutes(1)))
  func manyReturns() throws {
    let count = 50_000
    let returns = String(repeating: "\r", count: count)
    let input = try reader(returns, .txt, chunkSize: 1 << 20)
    #expect(try input.rest().count == count)
    // The row behind a field of many lines is numbered by them.
    let table = try reader("text\r\"a\(returns)\"\r\"b", .csv, chunkSize: 1 << 20)
    _ = try table.next()
    do {
      _ = try table.next()
      Issue.record("the quote of row 2 is not closed")
    } catch {
      #expect("\(error)".contains("line \(count + 3)"))
    }
  }

  @Test("Bytes that are not UTF-8 are replaced as Python replaces them, and counted")
  func invalidBytes() throws {
    let cases = try RecordsFixtures.load("bytes.json", as: [RecordsFixtures.Bytes].self)
    try #require(cases.count > 70)
    for known in cases {
      let isValid = String(validating: known.bytes, as: UTF8.self) != nil
      for chunkSize in [1, 3, 65_536] {
        // A first line keeps a byte-order mark or another format's mark from being seen.
        let source = ByteSource(
          bytes: Array("first\n".utf8) + known.bytes + [0x0A], name: "input", chunkSize: chunkSize)
        let input = try RecordReader(source, format: .txt)
        _ = try input.next()
        let record = try #require(try input.next())
        #expect(Array(record.text.utf8) == Array(known.text.utf8), "\(Array(known.bytes))")
        #expect(record.bytes == Array(known.text.utf8))
        #expect(record.repairedInvalidUTF8 == !isValid)
        #expect(input.rowsWithInvalidUTF8 == (isValid ? 0 : 1))
        #expect(input.firstRowsWithInvalidUTF8 == (isValid ? [] : [2]))
      }
      // The same as a field that is passed through, beside quotes, separators and escapes.
      guard !known.bytes.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x2C || $0 == 0x5C })
      else { continue }
      let table = try reading(
        Array("other,text\n\"a\"\"".utf8) + Array(known.bytes) + Array("\",x\n".utf8), .csv)
      #expect(
        try written(table, adding: ["label"]) { [.string($0.text)] }
          == "other,text,label\n\"a\"\"\(known.text)\",x,x\n")
      let objects = try reading(
        Array("{\"text\":\"\\n".utf8) + Array(known.bytes) + Array("\"}".utf8), .jsonl)
      let record = try #require(try objects.next())
      #expect(Array(record.text.utf8) == Array("\n\(known.text)".utf8))
      #expect(record.repairedInvalidUTF8 == !isValid)
    }
  }

  private func reading(_ bytes: [UInt8], _ format: RecordFormat) throws -> RecordReader {
    try RecordReader(ByteSource(bytes: bytes, name: "input"), format: format)
  }

  @Test("Only the first ten rows with such bytes are listed, and all counted")
  func manyInvalidRows() throws {
    let lines = (1...25).flatMap { $0 % 2 == 0 ? [0x61, 0x0A] : [0xFF, 0x0A] as [UInt8] }
    let input = try RecordReader(ByteSource(bytes: lines, name: "input"), format: .txt)
    _ = try input.rest()
    #expect(input.rowsWithInvalidUTF8 == 13)
    #expect(input.firstRowsWithInvalidUTF8 == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
  }

  @Test("A line past the limit is an error, in chunks of any size", arguments: [1, 2, 3, 7, 100])
  func tooLong(chunkSize: Int) throws {
    for format in [RecordFormat.txt, .jsonl] {
      for (fits, text) in [
        (true, "{\"text\":\"a\"}\n{\"text\":\"\"}\n"), (true, "{\"text\":\"a\"}\r\n"),
        (false, "{\"text\":\"aa\"}\n"), (false, "{\"text\":\"aa\"}\r\n"),
        (false, "{\"text\":\"aa\"}"), (true, "{\"text\":\"a\"}"),
      ] {
        let input = try reader(text, format, chunkSize: chunkSize, maximumRecordSize: 12)
        if fits {
          _ = try input.rest()
        } else {
          let place = RecordPlace(file: "input", row: 1, line: 1)
          #expect(throws: RecordError.recordTooLong(place: place, limit: 12)) {
            try input.next()
          }
        }
      }
    }
  }

  @Test("Columns of lines are an error")
  func columns() {
    #expect(
      readingError("a\n", .txt, pairColumn: "b") == .noColumns(name: "b", file: "input"))
    #expect(
      readingError("a\n", .txt, requiredColumns: ["label"])
        == .noColumns(name: "label", file: "input"))
  }

  @Test("Lines are written behind their values, and none becomes two")
  func writing() throws {
    let output = try written(try reader("a\tb\r\n\nc\rd", .txt), adding: ["label", "score"]) { _ in
      [.string("x\ty\nz"), .number(0.1)]
    }
    #expect(output == "x y z\t0.1\ta\tb\nx y z\t0.1\t\nx y z\t0.1\tc\nx y z\t0.1\td\n")

    let folder = try TemporaryFolder()
    let sink = try ByteSink(path: folder.path("output"))
    let writer = try RecordWriter(to: sink, layout: RecordLayout(format: .txt), adding: ["label"])
    try writer.write(Record(row: 1, text: "two\nli\rnes"), [.string("x")])
    try sink.close()
    #expect(try folder.bytes("output") == Array("x\ttwo li nes\n".utf8))
  }
}
