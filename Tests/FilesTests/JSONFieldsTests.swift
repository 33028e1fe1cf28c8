import Files
import TestSupport
import Testing

@Suite struct JSONFieldsTests {
  private struct Failure: JSONFailure, Equatable {
    let error: JSONFieldError

    init(_ error: JSONFieldError) { self.error = error }
  }

  private func fields(_ json: String) throws -> JSONFields<Failure> {
    try JSONFields(parsing: Array(json.utf8), file: "a.json")
  }

  private func error(
    _ read: (JSONFields<Failure>) throws -> Void, in json: String
  ) -> JSONFieldError? {
    thrownError(Failure.self) { try read(fields(json)) }?.error
  }

  @Test func readsEachKindOfValue() throws {
    let fields = try fields(
      """
      {"boolean": true, "integer": 3, "number": 0.5, "float": -4.0, "string": "x", "strings": ["a", "b"],
      "object": {"inner": 1}, "objects": [{"inner": 2}], "null": null, "none": NaN}
      """)
    #expect(try fields.boolean("boolean") == true && fields.integer("integer", from: 3) == 3)
    #expect(try fields.number("number") == 0.5 && fields.magnitude("integer") == 3)
    #expect(try fields.number("none")?.isNaN == true)
    #expect(try fields.wholeNumber("integer") == 3 && fields.wholeNumber("float") == -4)
    #expect(try fields.string("string") == "x" && fields.strings("strings") == ["a", "b"])
    #expect(try fields.object("object")?.integer("inner") == 1)
    #expect(try fields.objects("objects")?[0].integer("inner") == 2)
    #expect(try fields.array("strings") == [.string("a"), .string("b")])
    for key in ["null", "missing"] {
      #expect(try fields.boolean(key) == nil && fields.integer(key) == nil)
      #expect(try fields.string(key) == nil && fields.object(key) == nil)
    }
    #expect(fields.has("null") && !fields.has("missing") && fields.file == "a.json")
  }

  @Test func saysWhereAndWhat() throws {
    let json =
      #"{"a": {"b": [{"c": "x"}, 1]}, "many": 9, "half": "\ud800", "list": ["x", 2], "part": 0.5}"#
    let inner = error({ _ = try $0.object("a")!.objects("b")![0].boolean("c") }, in: json)
    #expect(inner?.key == "a.b[1]" && inner?.problem == "is 1 where an object is expected")
    let deep = #"{"a": {"b": [{"c": "x"}]}}"#
    let boolean = error({ _ = try $0.object("a")!.objects("b")![0].boolean("c") }, in: deep)
    #expect(
      boolean
        == JSONFieldError(
          file: "a.json", key: "a.b[0].c", "is 'x' where true or false is expected"))
    let limit = error({ _ = try $0.integer("many", limit: 8) }, in: json)
    #expect(limit?.kind == .unsupported && limit?.problem == "is 9; at most 8 is supported")
    for (expected, read) in [
      ("is 9 where an integer from 10 on is expected", { _ = try $0.integer("many", from: 10) }),
      ("is 9 where a number in 0...1 is expected", { _ = try $0.magnitude("many", to: 1) }),
      (
        "is a string with half a surrogate pair where a string is expected",
        { _ = try $0.string("half") }
      ),
      ("is 2 where a string is expected", { _ = try $0.strings("list") }),
      ("is 0.5 where an integer is expected", { _ = try $0.wholeNumber("part") }),
      ("is missing", { _ = try $0.required("b", $0.string("b")) }),
    ] as [(String, (JSONFields<Failure>) throws -> Void)] {
      #expect(error(read, in: json)?.problem == expected)
    }
    let unknown = error({ try $0.refuseOthers(than: ["a", "many", "half", "part"]) }, in: json)
    #expect(unknown?.key == "list" && unknown?.kind == .unsupported)
    let half = error({ _ = try $0.object("x")!.keys() }, in: #"{"x": {"\ud800": 1, "b": 2}}"#)
    #expect(half?.problem == "has a key with half a surrogate pair in 'x'")
  }

  @Test func aFileMustHoldAnObject() {
    #expect(
      error({ _ in }, in: "[]")
        == JSONFieldError(file: "a.json", "holds an array where a JSON object is expected"))
    #expect(error({ _ in }, in: "{")?.problem.hasPrefix("is not valid JSON at byte 1: ") == true)
  }
}
