import Foundation
import Testing

@testable import Records

/// Rows of any format, written as JSON lines.
@Suite("Conversion")
struct ConversionTests {
  private func objects(_ text: String, _ format: RecordFormat, adding name: String = "n") throws
    -> [String]
  {
    let reader = try reader(text, format)
    return try written(reader, as: reader.layout.asObjects(of: reader.name), adding: [name]) {
      [.json("[\($0.row)]")]
    }.split(separator: "\n").map(String.init)
  }

  @Test("Fields of a table become strings, under the names of the header")
  func tables() throws {
    let csv = "\u{FEFF}id,text,\"a \"\"b\"\"\"\r\n1,\"x,\"\"y\"\"\r\nz\",\r\n02,,\"q\"r\r\n"
    #expect(
      try objects(csv, .csv) == [
        #"{"id":"1","text":"x,\"y\"\r\nz","a \"b\"":"","n":[1]}"#,
        #"{"id":"02","text":"","a \"b\"":"qr","n":[2]}"#,
      ])
    #expect(try objects("text\tn\na\tb\n", .tsv) == [#"{"text":"a","n":"b","predicted_n":[1]}"#])
  }

  @Test("Lines become objects with a text, and objects stay what they are")
  func linesAndObjects() throws {
    #expect(
      try objects("a \"b\"\n\n", .txt) == [#"{"text":"a \"b\"","n":[1]}"#, #"{"text":"","n":[2]}"#])
    #expect(try objects("a\n", .txt, adding: "text") == [#"{"text":"a","predicted_text":[1]}"#])
    #expect(
      try objects(#"{ "text": "a", "x": 1e2 }"#, .jsonl) == [#"{ "text": "a", "x": 1e2 ,"n":[1]}"#])
  }

  @Test("JSON stands as text in a table")
  func jsonInATable() throws {
    let table = try written(reader("text\na\n", .csv), adding: ["n"]) { _ in [.json("[1,\"b\"]")] }
    #expect(table == "text,n\na,\"[1,\"\"b\"\"]\"\n")
  }

  @Test("Two columns of one name, of which readers of an object would lose one, are refused")
  func repeatedColumns() throws {
    let layout = try reader("text,a,a\nx,y,z\n", .csv).layout
    #expect(throws: RecordError.ambiguousColumn(name: "a", file: "input", count: 2)) {
      try layout.asObjects(of: "input")
    }
  }
}
