import Cloud4Bert
import Files
import Foundation
import Testing

@testable import CommandLineTool

/// The tables and the page of reports that no tiny model gives.
@Suite struct EvaluationFormTests {
  private func report(labels count: Int, of texts: [(label: Int, predicted: Int)]) throws
    -> ClassificationReport
  {
    var report = try ClassificationReport(labels: (0..<count).map { "topic <\($0)>" })
    for text in texts {
      let scores = (0..<count).map { Float($0 == text.predicted ? 0.875 : 0) }
      try report.add(trueLabel: text.label, scores: scores, text: "a\u{1B}[2J\ntext")
    }
    return report
  }

  private func page(
    _ report: ClassificationReport, of texts: [(label: Int, predicted: Int)]
  ) -> String {
    var predictions = LabelledPredictions(labelCount: report.labels.count)
    for text in texts {
      predictions.add(
        trueLabel: text.label,
        scores: report.labels.indices.map { $0 == text.predicted ? 0.875 : 0 })
    }
    return EvaluationPage(
      report: report, predictions: predictions, input: "in", model: "model",
      facts: RunFacts(models: ["model"], precision: "float32")
    ).text
  }

  @Test func manyLabelsAreListedByConfusion() throws {
    let texts = (0..<60).flatMap { id in
      [(label: id, predicted: id), (label: id, predicted: 59 - id)]
    }
    let report = try report(labels: 60, of: texts)
    let tables = EvaluationTables(report: report).text
    #expect(tables.contains("most frequent confusions"))
    #expect(!tables.contains("true \\ predicted"))
    #expect(!tables.contains("\u{1B}"))
    let page = page(report, of: texts)
    #expect(page.contains("topic &lt;59&gt;") && !page.contains("topic <59>"))
    #expect(!page.contains("class=\"heat\"") && !page.contains("\u{1B}"))
    let object = try JSON.line(of: EvaluationObject(report: report, skipped: 3))
    let members = try #require(
      JSONSerialization.jsonObject(with: Data(object)) as? [String: Any])
    #expect((members["confusion_matrix"] as? [[Int]])?.count == 60)
    #expect(members["skipped"] as? Int == 3)
  }

  /// Confusions first, then a matrix whose rows keep their names in sight.
  @Test func confusionsOfManyLabelsComeFirst() throws {
    let texts = (0..<25).flatMap { id in
      [(label: id, predicted: id), (label: id, predicted: 24 - id)]
    }
    let page = page(try report(labels: 25, of: texts), of: texts)
    let (list, matrix) = (
      try #require(page.firstRange(of: "Most frequent confusions")),
      try #require(page.firstRange(of: "class=\"heat dense\""))
    )
    #expect(list.lowerBound < matrix.lowerBound)
    #expect(page.contains("position: sticky"))
    #expect(page.matches(of: /<figure>/).count == 25)
    #expect(HTMLStructure(page).isWellFormed)
  }

  @Test func datesAreToTheMinute() {
    #expect(RunFacts.text(Date(timeIntervalSince1970: 1_764_045_839)) == "2025-11-25 04:43 UTC")
  }

  @Test func withoutMistakesThePageSaysSo() throws {
    let report = try report(labels: 2, of: [(0, 0), (1, 1)])
    let page = page(report, of: [(0, 0), (1, 1)])
    #expect(page.contains("every text got its true label"))
    #expect(!EvaluationTables(report: report).text.contains("mistakes"))
  }

  @Test func decimalsAreRounded() {
    #expect(
      [0, 0.5, 0.99995, 1, 12.3456].map { $0.fixed(4) } == [
        "0.0000", "0.5000", "1.0000", "1.0000", "12.3456",
      ])
    #expect([-0.25, -0.0001].map { $0.fixed(2) } == ["-0.25", "0.00"])
    #expect(99.6.fixed(0) == "100")
    #expect(Double.nan.fixed(2) == "nan" && Double.infinity.fixed(2) == "inf")
  }
}
