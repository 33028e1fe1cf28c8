import Foundation
import TestSupport
import Testing

/// `classify --candidate-labels`
@Suite struct ZeroShotTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.model {
      $0["id2label"] = ["0": "contradiction", "1": "neutral", "2": "entailment"]
    }
  }

  private func classify(_ arguments: String...) throws -> Tool {
    try Tool(["classify", "--model", model] + arguments, input: nil)
  }

  @Test func textsGetLabelsOfOnesOwn() throws {
    let tool = try classify("it works", "--candidate-labels", "good, very bad", "--json")
    #expect(tool.status == 0, "\(tool.errors)")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    #expect(["good", "very bad"].contains(object["label"] as? String))
    let all = try classify(
      "--input", folder.write("text\nit works\nthe film\n", to: "in.csv"), "--candidate-labels",
      "good,bad", "--scores", "all", "--multi-label")
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.outputLines.count == 3)
    #expect(all.outputLines.first == "text,label,score,score_good,score_bad")
    let above = try classify(
      "it works", "--candidate-labels", "good,bad", "--multi-label", "--threshold", "0.01",
      "--json")
    #expect(above.output.contains("\"labels\":[\"good\",\"bad\"]"), "\(above.output)")
  }

  @Test func whatDoesNotGoTogetherIsRefused() throws {
    for arguments in [
      ["--multi-label"], ["--hypothesis-template", "it is {}"],
      ["--candidate-labels", "a,a"], ["--candidate-labels", "a,"],
      ["--candidate-labels", "a", "--labels", "x,y,z"],
      ["--candidate-labels", "a", "--overflow", "window"],
      ["--candidate-labels", "a", "--hypothesis-template", "nothing"],
    ] {
      #expect(try Tool(["classify", "--model", model, "x"] + arguments, input: nil).status == 2)
    }
    // The model that comes with the program is none of inference.
    #expect(try Tool("classify", "--candidate-labels", "a,b", "x").status == 2)
    let other = try Tool(
      "classify", "--model", tinyModel(), "--candidate-labels", "a,b", "x")
    #expect(other.status == 1 && other.errors.contains("none of them is entailment"))
  }

  @Test func anotherJobIsNotGoneOnWith() throws {
    let first = try folder.write("text\na\n", to: "first.csv")
    let none = try folder.write("%PDF-1.4\n", to: "none.csv")
    func job(_ more: String...) throws -> Tool {
      try Tool(
        [
          "classify", "--model", model, "--input", first, "--input", none, "--output",
          folder.path("out"), "--resume",
        ] + more, input: nil)
    }
    #expect(try job("--candidate-labels", "a,b").status == 1)
    for (more, option) in [
      (["--candidate-labels", "a,c"], "--candidate-labels"),
      (["--candidate-labels", "a,b", "--multi-label"], "--multi-label"),
      (["--candidate-labels", "a,b", "--hypothesis-template", "{}"], "--hypothesis-template"),
    ] {
      let other = try Tool(
        [
          "classify", "--model", model, "--input", first, "--input", none, "--output",
          folder.path("out"), "--resume",
        ] + more, input: nil)
      #expect(other.status == 1 && other.errors.contains("\(option) was"), "\(other.errors)")
    }
  }
}
