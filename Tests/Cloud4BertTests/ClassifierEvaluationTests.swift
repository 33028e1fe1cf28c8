import Cloud4Bert
import Foundation
import TestSupport
import Testing

@Suite struct ClassifierEvaluationTests {
  @Test func aClassifierMeasuresItself() async throws {
    let folder = fixturesFolder.appending(path: "checkpoints/bert-safetensors")
    let classifier = try TextClassifier(folder: folder)
    let examples = (0..<30).map { (input: TextInput("a b \($0)"), trueLabel: $0 % 3) }
    let report = try await classifier.evaluate(examples, mistakeLimit: 100)
    let right = try examples.count {
      try classifier.classifyBlocking($0.input.text).best == $0.trueLabel
    }
    #expect(report.count == 30)
    #expect(report.correct == right)
    #expect(report.mistakes.count == 30 - right)
    #expect(report.labels == classifier.labels)
    await #expect(throws: EvaluationError.labelOutOfRange(id: 3, count: 3)) {
      try await classifier.evaluate([(input: "a", trueLabel: 3)])
    }
  }

  @Test func onlyModelsOfOneLabelATextAreMeasured() throws {
    let folder = fixturesFolder.appending(path: "checkpoints/bert-multi-label")
    let several = try TextClassifier(folder: folder)
    let error = try #require(
      thrownError(EvaluationError.self) { try ClassificationReport(for: several) })
    #expect("\(error)".contains("several labels at once"))
    let single = try TextClassifier()
    #expect(throws: EvaluationError.self) {
      try ClassificationReport(for: single, labels: ["a", "b"])
    }
    #expect(
      try ClassificationReport(for: single, labels: ["a", "b", "c"]).labels == ["a", "b", "c"])
  }
}
