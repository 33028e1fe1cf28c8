import Foundation
import TestSupport
import Testing

@Suite struct FillMaskTests {
  private let model = HeadAnswers.folder("bert-pretraining").path

  private func run(_ arguments: String..., input: String? = nil) throws -> Tool {
    try Tool(
      ["fill-mask", "--model", model] + arguments, input: input.map { Data($0.utf8) })
  }

  private func objects(_ tool: Tool) throws -> [[String: Any]] {
    try tool.outputLines.map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func textsAsArguments() throws {
    let answer = try HeadAnswers(folder: HeadAnswers.folder("bert-pretraining")).fillMask[2]
    #expect(answer.result.count == 2 && answer.topK == 2)
    let tool = try run(answer.text, "--top-k", "2")
    #expect(tool.status == 0)
    #expect(tool.errors == "")
    let rows = answer.result.map { $0.map { ["\($0.tokenString)", $0.sequence] } }
    let lines = tool.output.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.split(separator: "\t").map(String.init) }
    #expect(lines.map { Array($0.dropFirst()) } == rows[0] + [[]] + rows[1] + [[]])
    #expect(abs(Float(lines[0][0])! - answer.result[0][0].score) < 2e-5)
  }

  @Test func jsonLinesHaveThePipelinesFields() throws {
    let answers = try HeadAnswers(folder: HeadAnswers.folder("bert-pretraining")).fillMask
      .filter { $0.targets == nil && $0.topK == 2 }
    #expect(answers.count > 1)
    let rows = try answers.enumerated().map { index, answer in
      let text = try JSONEncoder().encode(answer.text)
      return #"{"n": \#(index).0, "text": \#(String(decoding: text, as: UTF8.self))}"#
    }
    let tool = try run(
      "--input", "-", "--top-k", "2", "--format", "jsonl", input: rows.joined(separator: "\n"))
    #expect(tool.status == 0)
    #expect(tool.outputLines.count == rows.count)
    for (index, line) in tool.outputLines.enumerated() {
      #expect(line.hasPrefix(rows[index].dropLast() + #","predictions":[[{"score":"#))
    }
    for (object, answer) in zip(try objects(tool), answers) {
      let masks = try #require(object["predictions"] as? [[[String: Any]]])
      #expect(masks.count == answer.result.count)
      for (mask, expected) in zip(masks, answer.result) {
        #expect(mask.map { $0["token"] as? Int } == expected.map(\.token))
        #expect(mask.map { $0["token_str"] as? String } == expected.map(\.tokenString))
        #expect(mask.map { $0["sequence"] as? String } == expected.map(\.sequence))
        for (a, b) in zip(mask, expected) {
          #expect(abs(Float(a["score"] as! Double) - b.score) < 2e-5)
        }
      }
    }
  }

  @Test func aTableBecomesJSONLines() throws {
    let tool = try run(
      "--input", "-", "--format", "csv", "--top-k", "1",
      input: "id,text,note\n1,it is [MASK],\"a \"\"b\"\"\nc\"\n2,[MASK],\n")
    #expect(tool.status == 0)
    #expect(tool.outputLines[0].hasPrefix(#"{"id":"1","text":"it is [MASK]","note":"a \"b\"\nc","#))
    let rows = try objects(tool)
    #expect(rows.map { $0["note"] as? String } == ["a \"b\"\nc", ""])
    #expect(rows.allSatisfy { ($0["predictions"] as? [[Any]])?[0].count == 1 })
  }

  @Test func linesBecomeJSONLines() throws {
    let tool = try run(
      "--input", "-", "--top-k", "1", input: "it \"is\" [MASK]\n[MASK] it [MASK]\n")
    let rows = try objects(tool)
    #expect(rows.map { $0["text"] as? String } == ["it \"is\" [MASK]", "[MASK] it [MASK]"])
    #expect(rows.map { ($0["predictions"] as? [Any])?.count } == [1, 2])
  }

  @Test(arguments: [1, 100_000])
  func orderAndNumberHoldForAnyBatch(_ batchTokens: Int) throws {
    let rows = (0..<300).map { "\($0),[MASK] \(String(repeating: "a ", count: $0 % 9))" }
    let tool = try run(
      "--input", "-", "--format", "csv", "--threads", "2", "--batch-tokens", "\(batchTokens)",
      input: "id,text\n" + rows.joined(separator: "\n"))
    #expect(tool.status == 0)
    #expect(try objects(tool).map { $0["id"] as? String } == (0..<300).map(String.init))
  }

  @Test func targetsAreToldOfWhereTheyAreNoTokens() throws {
    let tool = try run("it is [MASK]", "--targets", "good,Bad,xyz")
    #expect(tool.status == 0)
    #expect(tool.outputLines.count == 3)
    #expect(tool.errors.split(separator: "\n").count == 2)
    #expect(tool.errors.contains("'Bad'") && tool.errors.contains("'bad'"))
    #expect(tool.errors.contains("'xyz'") && tool.errors.contains("'[UNK]'"))
  }

  @Test func aRowWithoutAMaskIsNamed() throws {
    let tool = try run(
      "--input", "-", "--format", "csv",
      input: "id,text\n1,[MASK]\n2,\"it\nis [MASK]\"\n3,it is\n4,[MASK]\n")
    #expect(tool.status == 1)
    #expect(tool.outputLines.count == 2)
    for word in ["row 3 (line 5)", "[MASK]", "holds 2 rows"] {
      #expect(tool.errors.contains(word), "\(tool.errors)")
    }
    #expect(tool.errors.split(separator: "\n").count == 1)
    let texts = try run("[MASK]", "it is")
    #expect(texts.status == 1)
    #expect(texts.errors.contains("text 2") && texts.errors.contains("[MASK]"))
    #expect(texts.outputLines.count == 5)
    let one = try run("it is")
    #expect(one.status == 1)
    #expect(one.errors.split(separator: "\n").count == 1)
  }

  @Test func aMaskBeyondTheLimitIsNamed() throws {
    let long = String(repeating: "very ", count: 40)
    let tool = try run("--input", "-", input: "[MASK]\n\(long)[MASK]\n")
    #expect(tool.status == 1)
    for word in ["row 2", "32 tokens", "[MASK]"] {
      #expect(tool.errors.contains(word), "\(tool.errors)")
    }
  }

  @Test func anInputWithPredictionsKeepsThem() throws {
    let tool = try run(
      "--input", "-", "--format", "csv", "--top-k", "1", input: "text,predictions\n[MASK],x\n")
    #expect(tool.outputLines[0].hasPrefix(#"{"text":"[MASK]","predictions":"x","predicted_p"#))
    #expect(tool.errors.contains("predicted_predictions"))
    let twice = try run(
      "--input", "-", "--format", "csv", input: "text,a,a\n[MASK],x,y\n")
    #expect(twice.status == 1)
    #expect(twice.errors.contains("2 columns 'a'"))
  }

  @Test func otherModelsAndWrongUsage() throws {
    let classifier = try Tool("fill-mask", "[MASK]", "--model", tinyModel())
    #expect(classifier.status == 1)
    #expect(classifier.errors.split(separator: "\n").count == 1)
    for name in ["BertForMaskedLM", "BertForPreTraining", "DistilBertForMaskedLM", tinyModel()] {
      #expect(classifier.errors.contains(name), "\(classifier.errors)")
    }
    let none = try Tool("fill-mask", "[MASK]")
    #expect(none.status == 2)
    #expect(none.errors.contains("--model") && none.errors.contains("BertForMaskedLM"))
    for arguments in [
      [], ["x", "--input", "y"], ["x", "--top-k", "0"], ["x", "--targets", ""],
      ["x", "--targets", ","], ["x", "--threads", "0"], ["x", "--top-k", "many"],
    ] {
      let tool = try Tool(["fill-mask", "--model", model] + arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
      #expect(tool.output == "")
    }
    let help = try Tool("fill-mask", "--help")
    #expect(help.status == 0)
    #expect(help.output.contains("predictions"))
  }
}
