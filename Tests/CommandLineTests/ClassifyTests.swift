import Foundation
import TestSupport
import Testing

@Suite struct ClassifyTests {
  @Test func quotesMayBeCharactersLikeAnyOther() throws {
    let table = "id\ttext\n1\t\"abc\n2\tdef\" x\n3\tok\n"
    func rows(_ more: String...) throws -> [String] {
      let tool = try Tool(
        ["classify", "--model", tinyModel(), "--input", "-", "--format", "tsv"] + more,
        input: Data(table.utf8))
      #expect(tool.status == 0, "\(tool.errors)")
      return tool.outputLines
    }
    let lines = try rows("--no-quotes")
    #expect(lines.count == 4)
    for (line, old) in zip(lines, table.split(separator: "\n")) {
      #expect(line.hasPrefix(old + "\t"))
    }
    #expect(try rows().count == 4)
    #expect(try rows()[1] == "1\t\"abc")
  }

  @Test func textsAsArguments() throws {
    let tool = try Tool("classify", "Thanks a lot, that fixed it!", "I hate this plugin.")
    #expect(tool.status == 0)
    #expect(tool.errors == "")
    let rows = tool.outputLines.map { $0.split(separator: "\t").map(String.init) }
    #expect(rows.map { $0[0] } == ["positive", "negative"])
    #expect(rows.map { $0[2] } == ["Thanks a lot, that fixed it!", "I hate this plugin."])
    #expect(Float(rows[0][1])! > 0.9)
  }

  @Test func aTableKeepsItsColumnsAndRows() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      "\u{FEFF}id,text,note\r\n1,\"a, \"\"b\"\"\r\nc\",\r\n2,,x\r\n3,d e,\"y\nz\"\r\n", to: "in.csv"
    )
    let output = folder.url.appending(path: "out.csv").path
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", input, "--output", output, "--scores", "all")
    #expect(tool.status == 0)
    #expect(tool.output == "")
    let written = try folder.read("out.csv")
    #expect(written.hasPrefix("\u{FEFF}id,text,note,label,score,score_"))
    #expect(written.contains("1,\"a, \"\"b\"\"\r\nc\",,"))
    #expect(written.contains("2,,x,"))
    #expect(written.contains("3,d e,\"y\nz\","))
  }

  @Test func scoresReadBackToTheSameNumbers() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(#"{"text": "a b", "n": 1e2}"# + "\n", to: "in.jsonl")
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", input, "--scores", "all")
    let line = try #require(tool.outputLines.first)
    #expect(line.hasPrefix(#"{"text": "a b", "n": 1e2,"label":""#))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let scores = object.filter { $0.key.hasPrefix("score_") }.values.compactMap { $0 as? Double }
    #expect(scores.count >= 2)
    #expect(Float(scores.max()!) == Float(object["score"] as! Double))
    #expect(abs(scores.reduce(0, +) - 1) < 1e-6)
  }

  @Test func labelsOfOneNameHaveAColumnEach() throws {
    let folder = try TemporaryFolder()
    let model = try folder.model {
      $0["id2label"] = ["0": "a", "1": "a", "2": "a_1"]
      $0["label2id"] = nil
    }
    let tool = try Tool(
      "classify", "--model", model, "--input", "-", "--format", "csv", "--scores", "all",
      input: "text\nx y\n")
    #expect(tool.outputLines.first == "text,label,score,score_a,score_a_1_1,score_a_1")
  }

  @Test func linesFromStandardInput() throws {
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", "-", input: "first\n\nthird\n")
    #expect(tool.status == 0)
    #expect(
      tool.output.split(separator: "\n").map { $0.split(separator: "\t").count } == [3, 2, 3])
  }

  @Test(arguments: [1, 7, 100_000])
  func orderAndNumberHoldForAnyBatch(_ batchTokens: Int) throws {
    let folder = try TemporaryFolder()
    let rows = (0..<500).map { "\($0),\(String(repeating: "a ", count: $0 % 9))" }
    let input = try folder.write("id,text\n" + rows.joined(separator: "\n"), to: "in.csv")
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", input, "--threads", "2", "--batch-tokens",
      "\(batchTokens)")
    #expect(tool.status == 0)
    let ids = tool.outputLines.dropFirst().map { String($0.prefix { $0 != "," }) }
    #expect(ids == (0..<500).map { "\($0)" })
  }

  @Test func pairsComeFromASecondColumn() throws {
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", "-", "--format", "tsv", "--text-column", "a",
      "--pair-column", "b", input: "a\tb\nx\ty\nx\t\n")
    #expect(tool.status == 0)
    let scores = tool.outputLines.dropFirst().map { $0.split(separator: "\t").last! }
    #expect(scores.count == 2)
    #expect(scores[0] != scores[1])
  }

  @Test func aLabelColumnOfTheInputIsKept() throws {
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", "-", "--format", "csv",
      input: "text,label\na,gold\n")
    #expect(tool.status == 0)
    #expect(tool.outputLines[0] == "text,label,predicted_label,predicted_score")
    #expect(tool.outputLines[1].hasPrefix("a,gold,"))
    #expect(tool.errors.contains("predicted_label"))
  }
}
