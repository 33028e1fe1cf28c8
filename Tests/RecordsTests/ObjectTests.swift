import Foundation
import Testing

@testable import Records

@Suite("JSON lines")
struct ObjectTests {
  private func fixtures() throws -> RecordsFixtures.Objects {
    try RecordsFixtures.load("objects.json", as: RecordsFixtures.Objects.self)
  }

  @Test("Objects read as Python's json reads them, in chunks of any size")
  func readsAsPython() throws {
    let objects = try fixtures().objects
    try #require(objects.count > 70)
    let text = objects.map { $0.line + "\r\n" }.joined(separator: " \n")
    for chunkSize in [1, 2, 3, 7, 65_536] {
      let input = try reader(text, .jsonl, chunkSize: chunkSize)
      for (row, object) in objects.enumerated() {
        let record = try #require(try input.next())
        #expect(Array(record.text.utf8) == Array(object.text.utf8), "\(object.line)")
        #expect(record.row == row + 1)
        #expect(record.line == 2 * row + 1)
        #expect(record.columns.map { Array($0.utf8) } == object.names.map { Array($0.utf8) })
        for (name, value) in object.strings {
          #expect(record[name].map { Array($0.utf8) } == Array(value.utf8), "\(object.line)")
        }
        let spaces = CharacterSet(charactersIn: " \t")
        #expect(
          String(decoding: record.bytes, as: UTF8.self)
            == object.line.trimmingCharacters(in: spaces))
      }
      #expect(try input.next() == nil)
    }
  }

  @Test("What Python's json refuses is refused")
  func refusesAsPython() throws {
    let lines = try fixtures().notJSON
    try #require(lines.count > 40)
    for line in lines {
      let error = readingError("{\"text\":\"a\"}\n\(line)\n", .jsonl)
      let (place, column, _) = try #require(error?.malformedJSON, "\(line)")
      #expect(place == RecordPlace(file: "input", row: 2, line: 2))
      #expect(1...line.utf8.count + 1 ~= column, "\(line)")
    }
  }

  @Test("JSON that is no object is refused by what it is")
  func notObjects() throws {
    for line in try fixtures().notObjects {
      #expect(readingError(line, .jsonl)?.description.contains("expected a JSON object") == true)
    }
    let place = RecordPlace(file: "input", row: 1, line: 1)
    #expect(readingError("[1]", .jsonl) == .notAnObject(place: place, found: "an array"))
  }

  @Test("Problems name the byte and what is there")
  func problems() {
    let place = RecordPlace(file: "input", row: 1, line: 2)
    #expect(
      readingError("\n{\"text\": nan}", .jsonl)
        == .malformedJSON(place: place, column: 10, problem: "expected a value, found 'nan'"))
    #expect(
      readingError("\n{\"text\": -Infinit}", .jsonl)
        == .malformedJSON(place: place, column: 11, problem: "expected a value, found 'Infinit'"))
    #expect(
      readingError("\n{\"text\": \"a\" \u{1F600}", .jsonl)
        == .malformedJSON(
          place: place, column: 14, problem: "expected ',' or '}', found '\u{1F600}'"))
    #expect(
      readingError("\n{", .jsonl)
        == .malformedJSON(
          place: place, column: 2, problem: "expected a name in quotes, found the line's end"))
  }

  @Test("A missing field and one that is no string are errors")
  func fields() {
    let place = RecordPlace(file: "input", row: 1, line: 1)
    #expect(
      readingError("{\"body\":\"a\",\"id\":1}", .jsonl)
        == .missingField(name: "text", place: place, fields: ["body", "id"]))
    #expect(readingError("{}", .jsonl) == .missingField(name: "text", place: place, fields: []))
    for (value, kind) in [
      ("1", "a number"), ("null", "null"), ("true", "true or false"), ("[\"a\"]", "an array"),
      ("{}", "an object"), ("NaN", "a number that is not finite"),
      ("Infinity", "a number that is not finite"), ("-Infinity", "a number that is not finite"),
      ("[NaN]", "an array"), ("{\"a\":-Infinity}", "an object"),
    ] {
      #expect(
        readingError("{\"text\":\(value)}", .jsonl)
          == .notAString(name: "text", place: place, found: kind))
    }
    #expect(
      readingError("{\"text\":\"a\"}", .jsonl, pairColumn: "b")
        == .missingField(name: "b", place: place, fields: ["text"]))
    #expect(
      readingError("{\"text\":\"a\",\"label\":null}", .jsonl, requiredColumns: ["label"])
        == .notAString(name: "label", place: place, found: "null"))
    #expect(
      readingError("{\"text\":\"a\",\"label\":NaN}", .jsonl, requiredColumns: ["label"])
        == .notAString(name: "label", place: place, found: "a number that is not finite"))
    #expect(
      readingError("{\"text\":\"a\"}", .jsonl, requiredColumns: ["label"])
        == .missingField(name: "label", place: place, fields: ["text"]))
  }

  @Test("Values that are no strings are given as they are written")
  func otherValues() throws {
    let line = "{\"text\":\"a\",\"label\":1.50,\"b\":[1, 2],\"c\":null,\"d\":true}"
    let record = try #require(try reader(line, .jsonl, requiredColumns: ["label"]).next())
    #expect(record["label"] == "1.50")
    #expect(record["b"] == "[1, 2]")
    #expect(record["c"] == nil)
    #expect(record["d"] == "true")
  }

  @Test("Numbers that are not finite stay as Python writes them, and are no values of ours")
  func notFinite() throws {
    // json.dumps({"text": "a", "x": nan, "y": [inf, {"z": -inf}], "w": -inf, "v": inf})
    let line = """
      {"text": "a", "x": NaN, "y": [Infinity, {"z": -Infinity}], "w": -Infinity, "v": Infinity}
      """
    for chunkSize in [1, 7, 65_536] {
      let record = try #require(try reader(line, nil, chunkSize: chunkSize).next())
      #expect(record.text == "a")
      #expect(String(decoding: record.bytes, as: UTF8.self) == line)
      for name in ["x", "w", "v"] { #expect(record[name] == nil) }
      #expect(record["y"] == "[Infinity, {\"z\": -Infinity}]")
    }
    let output = try written(try reader(line, .jsonl), adding: ["label"]) { _ in [.string("b")] }
    #expect(output == line.dropLast() + ",\"label\":\"b\"}\n")
    let error = readingError("{\"text\":\"a\"}\n\n{\"text\":NaN}", .jsonl)
    #expect(
      error?.description == "input: row 2 (line 3): the field 'text' is NaN or infinite: "
        + "expected a string: fill it in, or leave such rows out")
  }

  @Test("Nesting is read to a depth of 512 and refused beyond, without running out of stack")
  func nesting() throws {
    func nested(_ depth: Int) -> String {
      "{\"text\":\"a\",\"b\":" + String(repeating: "[", count: depth - 1)
        + String(repeating: "]", count: depth - 1) + "}"
    }
    #expect(readingError(nested(512), .jsonl) == nil)
    for depth in [513, 1_000_000] {
      let (_, column, problem) = try #require(readingError(nested(depth), .jsonl)?.malformedJSON)
      #expect(column == 528)
      #expect(problem.contains("512"))
    }
  }

  @Test("The object's own bytes stay, and the new fields stand at its end")
  func writing() throws {
    let text =
      "\u{FEFF} {\"z\" : 1.50, \"text\":\"a\\u00e9\",  \"a\":[1 ,2] } \r\n\n{\"text\":\"\"}"
    let output = try written(try reader(text, .jsonl), adding: ["label", "score", "n"]) { record in
      [.string("q\"\n\u{1}\u{2028}"), .number(record.row == 1 ? 0.1 : .nan), .integer(-3)]
    }
    #expect(
      output == """
        {"z" : 1.50, "text":"a\\u00e9",  "a":[1 ,2] ,"label":"q\\"\\n\\u0001\u{2028}","score":0.1,"n":-3}
        {"text":"","label":"q\\"\\n\\u0001\u{2028}","score":null,"n":-3}

        """)
  }

  @Test("Fields of the first object are not overwritten; one that comes later is an error")
  func takenNames() throws {
    let taken = try written(
      try reader("{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\"}\n", .jsonl),
      adding: ["label", "score"]
    ) { _ in [.string("x"), .number(1)] }
    #expect(
      taken == """
        {"text":"a","label":1,"predicted_label":"x","predicted_score":1.0}
        {"text":"b","predicted_label":"x","predicted_score":1.0}

        """)
    let expected = RecordError.fieldExists(
      name: "label", place: RecordPlace(file: "input", row: 2, line: 2))
    #expect(throws: expected) {
      try written(
        try reader("{\"text\":\"a\"}\n{\"text\":\"b\",\"l\\u0061bel\":1}\n", .jsonl),
        adding: ["label"]
      ) { _ in [.string("x")] }
    }
  }

  @Test("An error in the first object comes with the first row, not before")
  func firstObject() throws {
    let input = try reader("nonsense\n", .jsonl)
    #expect(input.layout.columns == [])
    #expect(throws: RecordError.self) { try input.next() }
    #expect(throws: RecordError.self) { try input.next() }
    #expect(try reader("", .jsonl).next() == nil)
    #expect(try reader(" \n\r\n\t", .jsonl).next() == nil)
  }
}

extension RecordError {
  /// Where a line is not JSON, and why.
  fileprivate var malformedJSON: (place: RecordPlace, column: Int, problem: String)? {
    guard case .malformedJSON(let place, let column, let problem) = self else { return nil }
    return (place, column, problem)
  }
}
