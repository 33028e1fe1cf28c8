import Testing

@testable import Records

@Suite("Messages")
struct MessageTests {
  private let place = RecordPlace(file: "a.csv", row: 7, line: 9)

  @Test("Every message is one line that says where")
  func oneLine() {
    let name = "na\nme\u{1B}[31m\u{2028}"
    let errors: [RecordError] = [
      .cannotRead(file: name, code: 2), .cannotWrite(file: name, code: 28, rowsWritten: 3),
      .outputIsInput(file: name),
      .notText(file: name, found: "UTF-16", remedy: .advice("convert it")),
      .noHeader(file: name), .tooManyColumns(file: name, limit: 5),
      .missingColumn(name: name, file: name, columns: [name, name]),
      .ambiguousColumn(name: name, file: name, count: 2), .noColumns(name: name, file: name),
      .fieldCount(place: place, expected: 1, found: 2), .unterminatedQuote(place: place),
      .recordTooLong(place: place, limit: 5),
      .malformedJSON(place: place, column: 3, problem: "expected a value, found 'x'"),
      .notAnObject(place: place, found: "an array"),
      .missingField(name: name, place: place, fields: [name]),
      .notAString(name: name, place: place, found: "null"), .fieldExists(name: name, place: place),
    ]
    for error in errors {
      let message = error.description
      #expect(!message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 })
      #expect(message.contains("na\\u{a}me") || message.contains("a.csv: row 7 (line 9)"))
    }
  }

  @Test("Messages of tables say what to do")
  func tables() {
    #expect(
      RecordError.fieldCount(place: place, expected: 3, found: 4).description
        == "a.csv: row 7 (line 9): expected 3 fields as in the header, found 4: "
        + "put quotes around fields that contain the separator")
    #expect(
      RecordError.missingColumn(name: "text", file: "a.csv", columns: ["id", "body"]).description
        == "a.csv has no column 'text'; its columns are 'id', 'body'")
    let many = (1...1000).map { "c\($0)" }
    let message = RecordError.missingColumn(name: "text", file: "a.csv", columns: many).description
    #expect(message.hasSuffix("'c20' and 980 more"))
    let long = RecordError.noHeader(file: String(repeating: "x", count: 1_000_000)).description
    #expect(long.count < 4200)
  }
}
