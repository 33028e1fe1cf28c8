import Foundation
import TestSupport
import Testing

/// `--on-bad-row`, `--rejects` and `--max-bad-rows`.
@Suite struct BadRowTests {
  private static let objects =
    "{\"text\":\"good\"}\nnot json\n{\"text\":null,\"id\":3}\n{\"text\":\"bad\"}\n"
    + "{\"text\":\"new\",\"label\":\"x\"}\n"
  private static let table = "id,text\n1,good\n2\n3,a,b\n4,\"x, y\"\n"

  private func classify(
    _ name: String, _ text: String, _ more: [String], in folder: TemporaryFolder
  ) throws -> Tool {
    try folder.write(text, to: name)
    return try Tool(
      ["classify", "--model", tinyModel(), "--input", folder.path(name)] + more, input: nil)
  }

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func skippedRowsAreLeftOutAndCounted() throws {
    let folder = try TemporaryFolder()
    let tool = try classify("in.jsonl", Self.objects, ["--on-bad-row", "skip"], in: folder)
    #expect(tool.status == 0)
    #expect(try objects(tool.output).map { $0["text"] as? String } == ["good", "bad"])
    #expect(tool.errors.contains("3 bad rows left out (row 2, 3, 5); the first: "))
    #expect(tool.errors.contains("row 2, byte 1: not JSON"))
  }

  @Test func keptRowsSayWhatIsWrong() throws {
    let folder = try TemporaryFolder()
    let tool = try classify("in.jsonl", Self.objects, ["--on-bad-row", "keep"], in: folder)
    #expect(tool.status == 0)
    let rows = try objects(tool.output)
    try #require(rows.count == 5)
    #expect(rows.map { $0["error"] is NSNull } == [true, false, false, true, false])
    #expect(rows.map { $0["label"] is NSNull } == [false, true, true, false, true])
    #expect(rows[1]["raw"] as? String == "not json")
    #expect(rows[2]["id"] as? Int == 3)
    // It has a field label of its own, so that it stands there as it came.
    #expect(rows[4]["raw"] as? String == "{\"text\":\"new\",\"label\":\"x\"}")

    let table = try classify("in.csv", Self.table, ["--on-bad-row", "keep"], in: folder)
    let lines = table.output.split(separator: "\n")
    try #require(table.status == 0 && lines.count == 5)
    #expect(lines[0] == "id,text,label,score,error")
    #expect(lines[1].hasPrefix("1,good,") && lines[1].hasSuffix(","))
    #expect(lines[2].hasPrefix("2,,,,\"") && lines[2].contains("row 2 (line 3): expected 2 fields"))
    #expect(lines[3].hasPrefix("3,a,,,"))
  }

  @Test func rejectsAreTheRowsAsTheyCame() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("{\"text\":\"a\"}\nx ".utf8) + [0xFF, 0x0A], to: "bytes.jsonl")
    for treatment in ["skip", "keep"] {
      let tool = try classify(
        "in.csv", Self.table, ["--on-bad-row", treatment, "--rejects", folder.path("bad.jsonl")],
        in: folder)
      #expect(tool.status == 0 && tool.errors.contains("; see \(folder.path("bad.jsonl"))"))
      let rows = try objects(folder.read("bad.jsonl"))
      #expect(rows.map { $0["raw"] as? String } == ["2", "3,a,b"])
      #expect(rows.map { $0["row"] as? Int } == [2, 3])
      #expect(rows.map { $0["line"] as? Int } == [3, 4])
      #expect((rows[0]["error"] as? String)?.contains("expected 2 fields") == true)
    }
    let tool = try Tool(
      [
        "tokenize", "--model", tinyModel(), "--input", folder.path("bytes.jsonl"), "--on-bad-row",
        "skip", "--rejects", folder.path("bad.jsonl"),
      ], input: nil)
    #expect(tool.status == 0)
    let raw = try objects(folder.read("bad.jsonl"))[0]["raw_base64"] as? String
    #expect(raw.flatMap { Data(base64Encoded: $0) } == Data(Array("x ".utf8) + [0xFF]))
  }

  @Test func tooManyBadRowsEndTheJob() throws {
    let folder = try TemporaryFolder()
    func status(_ limit: String) throws -> (status: Int32, errors: String) {
      let tool = try classify(
        "in.jsonl", Self.objects, ["--on-bad-row", "skip", "--max-bad-rows", limit], in: folder)
      return (tool.status, tool.errors)
    }
    #expect(try status("3").status == 0)
    #expect(try status("60%").status == 0)
    let rows = try status("1")
    #expect(rows.status == 1)
    #expect(rows.errors.contains("2 of 3 rows are bad, more than --max-bad-rows 1; such as "))
    #expect(rows.errors.contains("standard output holds 1 row"))
    // A few rows are no sample: it is the whole file that counts.
    let share = try status("59.5%")
    #expect(share.status == 1)
    #expect(share.errors.contains("3 of 5 rows are bad, more than --max-bad-rows 59.5%"))
    #expect(share.errors.contains("holds 2 rows"))
    #expect(try status("x").status == 2)
    #expect(try status("101%").status == 2)
  }

  @Test func optionsThatDoNotBelongTogetherAreWrongUsage() throws {
    for arguments in [
      ["--rejects", "x"], ["--max-bad-rows", "1"], ["--on-bad-row", "leave"],
      ["--on-bad-row", "skip", "--rejects", "same", "--output", "same"],
    ] {
      let tool = try Tool(["classify", "--input", "-"] + arguments, input: Data())
      #expect(tool.status == 2, "\(arguments)")
    }
    #expect(try Tool(["classify", "--on-bad-row", "skip", "a"], input: nil).status == 2)
  }

  @Test func embeddingsKeepTheirPlaces() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.objects, to: "in.jsonl")
    let common = [
      "embed", "--model", tinyModel(), "--input", folder.path("in.jsonl"), "--on-bad-row", "keep",
    ]
    func floats(_ more: [String]) throws -> [Float] {
      let tool = try Tool(common + more + ["--output", folder.path("out.npy")], input: nil)
      #expect(tool.status == 0, "\(tool.errors)")
      let bytes = try folder.bytes("out.npy").dropFirst(128)
      return bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
    let pooled = try floats([])
    let size = pooled.count / 5
    #expect(
      (0..<5).map { row in pooled[row * size..<(row + 1) * size].allSatisfy(\.isNaN) }
        == [false, true, true, false, false])
    let tokens = try floats(["--pooling", "none"])
    #expect(!tokens.contains { $0.isNaN })
    let offsets = try folder.bytes("out.offsets.npy").dropFirst(128).withUnsafeBytes { raw in
      (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
    }
    #expect(offsets.count == 6 && offsets[1] == offsets[2] && offsets[2] == offsets[3])
    #expect(offsets[3] < offsets[4] && Int(offsets[5]) * size == tokens.count)

    let rows = try objects(Tool(common, input: nil).output)
    #expect(rows.map { $0["embedding"] is NSNull } == [false, true, true, false, false])
    let table = try Tool(common + ["--output-format", "csv"], input: nil).output
    let fields = table.split(separator: "\n").map { $0.prefix { $0 != "\"" }.count { $0 == "," } }
    #expect(Set(fields) == [size + 1])
  }

  @Test func textsToLearnFromAreLeftOutToo() throws {
    let folder = try TemporaryFolder()
    var lines = (0..<20).map {
      "{\"text\":\"good \($0)\",\"label\":\"\($0 % 2 == 0 ? "a" : "b")\"}"
    }
    lines.insert("{\"text\":\"no label\",\"label\":null}", at: 3)
    lines.insert("{broken", at: 7)
    lines.insert("{\"text\":\"\",\"label\":\"  \"}", at: 9)
    try folder.write(lines.joined(separator: "\n"), to: "in.jsonl")
    let common = [
      "fit", "--features-from", tinyModel(), "--input", folder.path("in.jsonl"), "--folds", "2",
    ]
    let stopped = try Tool(common + ["--output", folder.path("model")], input: nil)
    #expect(stopped.status == 1)
    let tool = try Tool(
      common + [
        "--output", folder.path("model"), "--on-bad-row", "skip", "--rejects",
        folder.path("bad.jsonl"),
      ], input: nil)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("3 bad rows left out (row 4, 8, 10)"), "\(tool.errors)")
    #expect(tool.errors.contains("20 texts, 2 labels"))
    let rows = try objects(folder.read("bad.jsonl"))
    #expect(rows.map { $0["row"] as? Int } == [4, 8, 10])
    #expect((rows[2]["error"] as? String)?.contains("no label in the column 'label'") == true)

    let measured = try Tool(
      [
        "evaluate", "--model", folder.path("model"), "--json", "--on-bad-row", "skip",
        folder.path("in.jsonl"),
      ], input: nil)
    #expect(measured.status == 0, "\(measured.errors)")
    #expect(measured.errors.contains("3 bad rows left out (row 4, 8, 10)"))
  }
}
