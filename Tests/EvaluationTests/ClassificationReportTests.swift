import Evaluation
import Foundation
import TestSupport
import Testing

/// Against scikit-learn and numpy (`Scripts/fixtures/evaluation.py`).
@Suite struct ClassificationReportTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let labels: Int
    let truth: [Int]
    let scores: [[Float]]
    let accuracy: Double
    let matthews: Double
    let calibrationError: Double
    let confusionMatrix: [[Int]]
    let weighted: [Double]
    let macro: [Double]
    let micro: [Double]
    /// Precision, recall, F1 and support, a number a label.
    let perClass: [[Double]]

    var testDescription: String { name }

    enum CodingKeys: String, CodingKey {
      case name, labels, truth, scores, accuracy, weighted, macro, micro
      case matthews = "matthews_correlation"
      case calibrationError = "expected_calibration_error"
      case confusionMatrix = "confusion_matrix"
      case perClass = "per_class"
    }
  }

  static let cases: [Case] = {
    let file = fixturesFolder.appending(path: "evaluation/cases.json")
    // A missing fixture shows as a failing count below.
    return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
  }()

  private func names(_ count: Int) -> [String] { (0..<count).map { "label \($0)" } }

  private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-9 }

  private func isClose(_ figures: ClassificationReport.Figures, _ expected: [Double]) -> Bool {
    zip([figures.precision, figures.recall, figures.f1], expected).allSatisfy(isClose)
  }

  @Test func allCasesAreThere() {
    #expect(Self.cases.count == 16)
  }

  @Test(arguments: cases)
  func figuresAreThoseOfScikitLearn(_ expected: Case) throws {
    var report = try ClassificationReport(labels: names(expected.labels))
    for (label, scores) in zip(expected.truth, expected.scores) {
      try report.add(trueLabel: label, scores: scores)
    }
    #expect(report.count == expected.truth.count)
    #expect(report.confusionMatrix == expected.confusionMatrix)
    #expect(isClose(report.accuracy, expected.accuracy))
    #expect(isClose(report.matthewsCorrelation, expected.matthews))
    #expect(isClose(report.expectedCalibrationError, expected.calibrationError))
    #expect(isClose(report.weighted, expected.weighted))
    #expect(isClose(report.macro, expected.macro))
    #expect(isClose(report.micro, expected.micro))
    #expect(report.perClass.count == expected.labels)
    for (id, entry) in report.perClass.enumerated() {
      #expect(isClose(entry.figures, expected.perClass.prefix(3).map { $0[id] }), "\(entry.label)")
      #expect(Double(entry.support) == expected.perClass[3][id])
      #expect(entry.predicted == expected.confusionMatrix.reduce(0) { $0 + $1[id] })
    }
    #expect(report.calibrationBins.map(\.count).reduce(0, +) == report.count)
    #expect(report.calibrationBins.map(\.correct).reduce(0, +) == report.correct)
  }

  @Test func mistakesAreTheSurestInOrder() throws {
    var report = try ClassificationReport(labels: ["a", "b"], mistakeLimit: 3)
    let scores: [Float] = [0.6, 0.9, 0.7, 0.9, 0.8, 0.55]
    for (index, score) in scores.enumerated() {
      // Row 2 of six is right; all others are not.
      try report.add(
        trueLabel: index == 1 ? 0 : 1, scores: [score, 1 - score], row: index + 10,
        text: "text \(index)", pair: "pair \(index)")
    }
    #expect(report.mistakes.map(\.row) == [13, 14, 12])
    #expect(report.mistakes.map(\.score) == [0.9, 0.8, 0.7])
    #expect(report.mistakes[0].text == "text 3")
    #expect(report.mistakes[0].pair == "pair 3")
    #expect(report.mistakes[0].trueLabel == 1)
    #expect(report.mistakes[0].predictedLabel == 0)
  }

  @Test func ofEqualMistakesTheEarlierStay() throws {
    var report = try ClassificationReport(labels: ["a", "b"], mistakeLimit: 2)
    for _ in 0..<4 { try report.add(trueLabel: 1, scores: [0.75, 0.25]) }
    #expect(report.mistakes.map(\.row) == [1, 2])
    var none = try ClassificationReport(labels: ["a", "b"], mistakeLimit: 0)
    try none.add(trueLabel: 1, scores: [0.75, 0.25])
    #expect(none.mistakes.isEmpty)
  }

  @Test func confusionsComeByFrequency() throws {
    var report = try ClassificationReport(labels: names(3))
    for (label, predicted, times) in [(0, 1, 2), (2, 0, 5), (1, 1, 9), (1, 2, 2)] {
      let scores = (0..<3).map { Float($0 == predicted ? 1 : 0) }
      for _ in 0..<times { try report.add(trueLabel: label, scores: scores) }
    }
    let found = report.mostFrequentConfusions(5)
    #expect(found.map(\.count) == [5, 2, 2])
    #expect(found.map(\.trueLabel) == [2, 0, 1])
    #expect(found.map(\.predictedLabel) == [0, 1, 2])
    #expect(report.mostFrequentConfusions(1).count == 1)
  }

  @Test func withoutTextsAllIsZero() throws {
    let report = try ClassificationReport(labels: names(3))
    #expect(report.accuracy == 0)
    #expect(report.macro.f1 == 0)
    #expect(report.weighted.recall == 0)
    #expect(report.matthewsCorrelation == 0)
    #expect(report.expectedCalibrationError == 0)
  }

  @Test func refusesWhatCannotBeAndStaysAsItWas() throws {
    var report = try ClassificationReport(labels: names(2))
    try report.add(trueLabel: 0, scores: [0.5, 0.5])
    let before = report
    for (label, scores) in [
      (2, [0.5, 0.5]), (-1, [0.5, 0.5]), (0, [1]), (0, []), (0, [.nan, 0.5]),
      (0, [0.5, .infinity]),
      (1, [-0.1, 1]), (1, [0, 1.5]),
    ] as [(Int, [Float])] {
      #expect(throws: EvaluationError.self) { try report.add(trueLabel: label, scores: scores) }
    }
    #expect(report == before)
    #expect(throws: EvaluationError.tooManyLabels(count: 5000, limit: 4096)) {
      try ClassificationReport(labels: names(5000))
    }
  }
}
