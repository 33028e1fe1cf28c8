import Foundation
import TestSupport
import Testing

@Suite struct NextSentenceTests {
  private let model = HeadAnswers.folder("bert-next-sentence").path

  private func run(_ arguments: String..., input: String? = nil) throws -> Tool {
    try Tool(
      ["next-sentence", "--model", model] + arguments, input: input.map { Data($0.utf8) })
  }

  @Test func twoTextsAsArguments() throws {
    let answer = try HeadAnswers(folder: HeadAnswers.folder("bert-next-sentence")).nextSentence[0]
    let tool = try run(answer.text, answer.next)
    #expect(tool.status == 0)
    #expect(tool.errors == "")
    let fields = try #require(tool.outputLines.first).split(separator: "\t").map(String.init)
    #expect(fields.count == 4)
    #expect(fields[0] == (answer.probability >= 0.5 ? "is_next" : "not_next"))
    #expect(abs(Float(fields[1])! - answer.probability) < 2e-5)
    #expect(Array(fields[2...]) == [answer.text, answer.next])
  }

  @Test func aTableKeepsItsColumnsAndRows() throws {
    let answers = try HeadAnswers(folder: HeadAnswers.folder("bert-next-sentence")).nextSentence
    let rows = answers.enumerated().map { "\($0),\"\($1.text)\",\"\($1.next)\"" }
    let tool = try run(
      "--input", "-", "--format", "csv", "--text-column", "a", "--pair-column", "b",
      input: "id,a,b\n" + rows.joined(separator: "\n"))
    #expect(tool.status == 0)
    #expect(tool.outputLines[0] == "id,a,b,label,is_next")
    #expect(tool.outputLines.count == answers.count + 1)
    for (index, (line, answer)) in zip(tool.outputLines.dropFirst(), answers).enumerated() {
      #expect(line.hasPrefix("\(index),"))
      let fields = line.split(separator: ",")
      #expect(abs(Float(fields.last!)! - answer.probability) < 2e-5)
      #expect(fields.dropLast().last! == (answer.probability >= 0.5 ? "is_next" : "not_next"))
    }
  }

  @Test func aLabelColumnOfTheInputIsKept() throws {
    let tool = try run(
      "--input", "-", "--format", "jsonl", "--pair-column", "next",
      input: #"{"text": "a", "next": "b", "label": 1}"# + "\n")
    #expect(
      tool.output.hasPrefix(
        #"{"text": "a", "next": "b", "label": 1,"predicted_label":"#))
    #expect(tool.output.contains("\"predicted_is_next\":0."))
    #expect(tool.errors.contains("predicted_is_next"))
  }

  @Test func badInput() throws {
    let null = try run(
      "--input", "-", "--format", "jsonl", "--pair-column", "next",
      input: #"{"text": "a", "next": "b"}"# + "\n" + #"{"text": "a", "next": null}"# + "\n")
    #expect(null.status == 1)
    #expect(null.outputLines.count == 1)
    #expect(null.errors.contains("row 2") && null.errors.contains("'next'"))
    let missing = try run(
      "--input", "-", "--format", "csv", "--pair-column", "next", input: "text,other\na,b\n")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("'next'") && missing.errors.contains("'other'"))
    let lines = try run(
      "--input", "-", "--format", "txt", "--pair-column", "next", input: "a\n")
    #expect(lines.status == 1)
    #expect(lines.errors.contains("csv"))
    for tool in [null, missing, lines] { #expect(tool.errors.split(separator: "\n").count == 1) }
  }

  @Test func otherModelsAndWrongUsage() throws {
    for other in [tinyModel(), tinyModel("distilbert-mlm")] {
      let tool = try Tool("next-sentence", "a", "b", "--model", other)
      #expect(tool.status == 1)
      #expect(tool.errors.split(separator: "\n").count == 1)
      for name in ["BertForNextSentencePrediction", "BertForPreTraining", other] {
        #expect(tool.errors.contains(name), "\(tool.errors)")
      }
    }
    let none = try Tool("next-sentence", "a", "b")
    #expect(none.status == 2)
    #expect(none.errors.contains("--model") && none.errors.contains("BertForPreTraining"))
    for arguments in [
      [], ["a"], ["a", "b", "c"], ["a", "b", "--input", "x"], ["--input", "x"],
      ["--input", "x", "--pair-column", "text"], ["a", "b", "--max-length", "0"],
    ] {
      let tool = try Tool(["next-sentence", "--model", model] + arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
      #expect(tool.output == "")
    }
    #expect(try run("a", "b", "--max-length", "3").status == 1)
  }
}
