import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("CSV and TSV")
struct TableTests {
  @Test("Tables read as Python's csv reads them, in chunks of any size")
  func readsAsPython() throws {
    let tables = try RecordsFixtures.load("tables.json", as: [RecordsFixtures.Table].self)
    try #require(tables.count > 100)
    for table in tables {
      let oneColumn = table.rows[0].count == 1
      for chunkSize in [1, 2, 3, 7, 65_536] {
        let source = ByteSource(bytes: Array(table.input), name: "input", chunkSize: chunkSize)
        let reader = try RecordReader(
          source, format: RecordFormat(rawValue: table.format),
          delimiter: table.delimiter.unicodeScalars.first.flatMap(Delimiter.init))
        var records = try reader.rest()
        // DictReader drops blank lines of a table of one column too: these are kept here.
        if oneColumn { records.removeAll { $0.bytes.isEmpty } }
        let names = table.rows[0]
        #expect(reader.layout.columns == names, "\(table.name)")
        let values = records.map { record in
          record.bytes.withUnsafeBufferPointer { bytes -> [String] in
            guard case .fields(let spans, _) = record.content else { return [] }
            return spans.map { $0.value(in: bytes) }
          }
        }
        let expected = Array(table.rows.dropFirst())
        #expect(
          values.map { $0.map { Array($0.utf8) } } == expected.map { $0.map { Array($0.utf8) } },
          "\(table.name) in chunks of \(chunkSize)")
        let textIndex = try #require(names.firstIndex(of: "text"))
        #expect(records.map(\.text) == expected.map { $0[textIndex] }, "\(table.name)")
        if !oneColumn { #expect(records.map(\.row) == Array(1..<expected.count + 1)) }
        #expect(reader.bytesConsumed == table.input.count)
        #expect(reader.rowsWithInvalidUTF8 == 0)
      }
    }
  }

  @Test("What is written is what Python's csv writes, and reads back the same")
  func writesAsPython() throws {
    let tables = try RecordsFixtures.load("tables.json", as: [RecordsFixtures.Table].self)
    for table in tables {
      let format = RecordFormat(rawValue: table.format)
      let delimiter = table.delimiter.unicodeScalars.first.flatMap(Delimiter.init)
      let source = ByteSource(bytes: Array(table.input), name: "input")
      let reader = try RecordReader(source, format: format, delimiter: delimiter)
      var row = -1
      let output = try written(reader, adding: ["score"]) { record in
        // Rows that Python dropped have no number in its output.
        row += 1
        return [.integer(row)]
      }
      let hasBlankRows = reader.rowsRead != table.rows.count - 1
      if !hasBlankRows {
        #expect(Data(output.utf8) == table.written, "\(table.name)")
      }
      let again = try RecordReader(
        ByteSource(bytes: Array(output.utf8), name: "output"), format: format,
        delimiter: delimiter)
      let first = try RecordReader(
        ByteSource(bytes: Array(table.input), name: "input"), format: format,
        delimiter: delimiter)
      let texts = try first.rest().map(\.text)
      #expect(try again.rest().map(\.text) == texts, "\(table.name)")
    }
  }

  @Test("A blank line is an empty text where there is one column, and nothing where there are more")
  func blankLines() throws {
    let one = try reader("\ntext\n\na\n\r\n", .csv).rest()
    #expect(one.map(\.text) == ["", "a", ""])
    #expect(one.map(\.row) == [1, 2, 3])
    #expect(one.map(\.line) == [3, 4, 5])
    let two = try reader("text,id\n\na,1\n\n\nb,2\n", .csv).rest()
    #expect(two.map(\.text) == ["a", "b"])
    #expect(two.map(\.row) == [1, 2])
    #expect(two.map(\.line) == [3, 6])
  }

  @Test("Rows tell the line they begin on, past fields that span lines")
  func lineNumbers() throws {
    let records = try reader("id,text\r\n1,\"a\r\nb\nc\"\r\n2,d\r\n3,\"\n\"\n4,e", .csv).rest()
    #expect(records.map(\.line) == [2, 5, 6, 8])
    #expect(records.map(\.row) == [1, 2, 3, 4])
  }

  @Test("Any column is read by its name")
  func columns() throws {
    let table = "label,text,other\n1,a,\"x\"\"y\"\n"
    let record = try #require(try reader(table, .csv, requiredColumns: ["label"]).next())
    #expect(record["label"] == "1")
    #expect(record["other"] == "x\"y")
    #expect(record["nothing"] == nil)
    #expect(record.columns == ["label", "text", "other"])
    let pairs = try reader("a\tb\nx\ty\n", .tsv, textColumn: "b", pairColumn: "a").rest()
    #expect(pairs.map(\.text) == ["y"])
    #expect(pairs.map(\.pair) == ["x"])
  }

  @Test("Names are told apart by their bytes, as other readers do")
  func namesByBytes() throws {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    let table = "\(composed),\(decomposed),text\n1,2,x\n"
    let record = try #require(try reader(table, .csv).next())
    #expect(record[composed] == "1")
    #expect(record[decomposed] == "2")
  }

  @Test("A row with other than the header's number of fields is an error that says so")
  func fieldCounts() {
    let place = RecordPlace(file: "input", row: 2, line: 3)
    #expect(
      readingError("id,text\n1,a\n2\n", .csv) == .fieldCount(place: place, expected: 2, found: 1))
    #expect(
      readingError("id,text\n1,a\n2,b,c,d\n", .csv)
        == .fieldCount(place: place, expected: 2, found: 4))
    // Also where the row is all separators.
    #expect(
      readingError("text\n,,,", .csv)
        == .fieldCount(
          place: RecordPlace(file: "input", row: 1, line: 2), expected: 1, found: 4,
          cause: .trailingSeparator))
  }

  @Test("A quote left open is an error at the row where it opens; the rows before are read")
  func unterminatedQuote() throws {
    let input = try reader("id,text\n1,a\n2,\"b\n3,c\n4,d\n", .csv)
    #expect(try input.next()?.text == "a")
    let expected = RecordError.unterminatedQuote(
      place: RecordPlace(file: "input", row: 2, line: 3))
    #expect(throws: expected) { try input.next() }
    #expect(throws: expected) { try input.next() }
    #expect(input.rowsRead == 1)
    #expect(
      readingError("id,\"text\n1,a\n", .csv)
        == .unterminatedQuote(place: RecordPlace(file: "input", row: 0, line: 1)))
  }

  @Test(
    "Without quotes every line is a row, and goes out as it came in", arguments: [1, 7, 65_536])
  func withoutQuotes(chunkSize: Int) throws {
    let table = "id\ttext\n1\t\"abc\n2\tdef\" x\n3\tit\"s \"\"\n4\t\"\n5\t\n"
    for format in [RecordFormat.tsv, nil] {
      let input = try reader(table, format, chunkSize: chunkSize, readsQuotes: false)
      #expect(input.format == .tsv)
      let records = try input.rest()
      #expect(records.map(\.text) == ["\"abc", "def\" x", "it\"s \"\"", "\"", ""])
      #expect(records.map(\.line) == [2, 3, 4, 5, 6])
      let folder = try TemporaryFolder()
      let sink = try ByteSink(path: folder.path("out"))
      let writer = try RecordWriter(to: sink, layout: input.layout, adding: ["label"])
      for record in records { try writer.write(record, [.string("a\tb\r\"c")]) }
      try sink.close()
      let lines = table.split(separator: "\n").enumerated().map { index, line in
        line + (index == 0 ? "\tlabel" : "\ta b \"c")
      }
      #expect(try folder.bytes("out") == Array((lines.joined(separator: "\n") + "\n").utf8))
    }
    #expect(
      try reader("a,text\n\"x,\"y\n", .csv, readsQuotes: false).rest().map(\.text) == ["\"y"])
    let error = thrownError(RecordError.self) {
      try reader("a,text\n\"x, x\",y\n", .csv, readsQuotes: false).rest()
    }
    #expect(error?.description.hasSuffix("or, if they are quoted, have quotes read") == true)
  }

  @Test("A column that is missing or there twice is an error that names what there is")
  func missingColumns() {
    #expect(
      readingError("id,body\n1,a\n", .csv)
        == .missingColumn(name: "text", file: "input", columns: ["id", "body"]))
    #expect(
      readingError("id,text\n1,a\n", .csv, pairColumn: "second")
        == .missingColumn(name: "second", file: "input", columns: ["id", "text"]))
    #expect(
      readingError("id,text\n1,a\n", .csv, requiredColumns: ["label"])
        == .missingColumn(name: "label", file: "input", columns: ["id", "text"]))
    #expect(
      readingError("text,id,text\na,1,b\n", .csv)
        == .ambiguousColumn(name: "text", file: "input", count: 2))
    #expect(readingError("id,id,text\n1,2,b\n", .csv) == nil)
    // The semicolons of a spreadsheet of another country.
    #expect(
      readingError("id;body\n1;a\n", .csv)
        == .missingColumn(name: "text", file: "input", columns: ["id", "body"], separator: ";"))
  }

  @Test("A table without a header is an error", arguments: ["", "\n", "\r\n\r\n", "\u{FEFF}"])
  func empty(text: String) {
    #expect(readingError(text, .csv) == .noHeader(file: "input"))
    #expect(readingError(text, .tsv) == .noHeader(file: "input"))
  }

  @Test("A record past the limit is an error, in chunks of any size", arguments: [1, 2, 3, 7, 100])
  func recordTooLong(chunkSize: Int) throws {
    let place = RecordPlace(file: "input", row: 2, line: 3)
    for (fits, text) in [
      (true, "id,text\n1,a\n2,12345678\n3,b\n"), (false, "id,text\n1,a\n2,123456789\n3,b\n"),
      (true, "id,text\r\n1,a\r\n2,12345678\r\n"), (false, "id,text\r\n1,a\r\n2,123456789\r\n"),
      (true, "id,text\n1,a\n2,12345678"), (false, "id,text\n1,a\n2,123456789"),
      (false, "id,text\n1,a\n2,\"b\n1234567\n1234567\n"),
    ] {
      let input = try reader(
        text, .csv, chunkSize: chunkSize, maximumRecordSize: 10)
      #expect(try input.next()?.text == "a")
      if fits {
        #expect(try input.next()?.text == "12345678")
      } else {
        #expect(throws: RecordError.recordTooLong(place: place, limit: 10)) { try input.next() }
      }
    }
  }

  @Test("More columns than any table has are an error")
  func tooManyColumns() {
    let header = "text" + String(repeating: ",", count: 1_048_576)
    #expect(readingError(header, .csv) == .tooManyColumns(file: "input", limit: 1_048_576))
  }

  @Test("Names that are taken are never overwritten")
  func takenNames() throws {
    let table = "text,label\na,gold\n"
    let first = try written(try reader(table, .csv), adding: ["label", "score"]) { _ in
      [.string("new"), .number(0.5)]
    }
    #expect(
      first == "text,label,predicted_label,predicted_score\na,gold,new,0.5\n")
    let second = try written(try reader(first, .csv), adding: ["label", "score"]) { _ in
      [.string("newer"), .number(0.25)]
    }
    #expect(
      second == """
        text,label,predicted_label,predicted_score,predicted_2_label,predicted_2_score
        a,gold,new,0.5,newer,0.25

        """)
  }

  @Test("A table without rows still gets its columns")
  func noRows() throws {
    #expect(
      try written(try reader("id,text", .csv), adding: ["label"]) { _ in [] }
        == "id,text,label\n")
    #expect(try written(try reader("text\n\n", .csv), adding: []) { _ in [] } == "text\n\"\"\n")
  }
}
