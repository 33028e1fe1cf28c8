import TestSupport
import Testing

@testable import Records

@Suite struct TextTemplateTests {
  @Test func readsWhatPythonsFormatReads() throws {
    #expect(try TextTemplate("{title}. {body}").columns == ["title", "body"])
    #expect(try TextTemplate("{a}{b}{a}").columns == ["a", "b"])
    #expect(try TextTemplate("{{x}} {a}").columns == ["a"])
    #expect(try TextTemplate("{a b:c}").columns == ["a b:c"])
    // Two columns, whose names look the same.
    #expect(try TextTemplate("{\u{E9}} {e\u{301}}").columns.count == 2)
    for (source, words) in [
      ("{title", "never closed"), ("title}", "nothing opens"), ("{}", "names no column between"),
      ("{a{b}}", "inside of a name"), ("words", "names no column"), ("", "names no column"),
      ("{{a}}", "names no column"), ("{a}}", "nothing opens"),
    ] {
      let fault = #expect(throws: TextTemplate.Fault.self) { try TextTemplate(source) }
      #expect(fault?.description.contains(words) ?? false, "\(source)")
    }
  }

  private func texts(
    _ content: String, _ template: String, format: RecordFormat? = nil, pair: String? = nil
  ) throws -> [String] {
    let source = ByteSource(bytes: Array(content.utf8), name: "a")
    let reader = try RecordReader(
      source, format: format, textTemplate: TextTemplate(template), pairColumn: pair)
    return try reader.rest().map { $0.text + ($0.pair.map { "|\($0)" } ?? "") }
  }

  @Test func makesTheTextOfSeveralColumns() throws {
    let table = "id,title,body\n1,\"A, b\",\"two\nlines\"\n2,,c\n"
    #expect(
      try texts(table, "{title}. {body} {{{id}}}") == ["A, b. two\nlines {1}", ". c {2}"])
    #expect(try texts("title;body\na;b\n", "{body}{title}") == ["ba"])
    #expect(try texts("title\tbody\na\tb\n", "{body}", pair: "title") == ["b|a"])
    let objects = """
      {"title":"a\\u00e9","n":1.50,"yes":true,"list":[1, "x"]}
      {"title":"","n":2,"yes":false,"list":[],"title":"last"}
      """
    #expect(
      try texts(objects, "{title}/{n}/{yes}/{list}") == [
        "aé/1.50/true/[1, \"x\"]", "last/2/false/[]",
      ])
  }

  @Test func saysWhatIsMissing() throws {
    #expect(throws: RecordError.noColumns(name: "title", file: "a")) {
      try texts("a\nb\n", "{title}")
    }
    #expect(
      throws: RecordError.missingColumn(name: "body", file: "a", columns: ["title", "text"])
    ) {
      try texts("title,text\na,b\n", "{title} {body}", format: .csv)
    }
    #expect(throws: RecordError.ambiguousColumn(name: "a", file: "a", count: 2)) {
      try texts("a,a\n1,2\n", "{a}", format: .csv)
    }
    let place = RecordPlace(file: "a", row: 2, line: 2)
    #expect(throws: RecordError.missingField(name: "b", place: place, fields: ["a"])) {
      try texts("{\"a\":\"1\",\"b\":2}\n{\"a\":\"1\"}\n", "{a}{b}")
    }
    #expect(throws: RecordError.notAString(name: "b", place: place, found: "null")) {
      try texts("{\"a\":\"1\",\"b\":2}\n{\"a\":\"1\",\"b\":null}\n", "{a}{b}")
    }
  }
}
