import Evaluation
import Foundation
import TestSupport
import Testing

/// Against scikit-learn and scipy (`Scripts/fixtures/evaluation_curves.py`).
@Suite struct EvaluationCurveTests {
  struct CurveCase: Decodable, CustomTestStringConvertible {
    let name: String
    let truth: [Bool]
    let scores: [Float]
    let precision: [Double]
    let recall: [Double]
    let thresholds: [Float]
    let averagePrecision: Double
    let bestF1: Double?
    let coverage: [Coverage]

    struct Coverage: Decodable {
      let threshold: Float
      let covered: Int
      let accuracy: Double
    }

    enum CodingKeys: String, CodingKey {
      case name, truth, scores, precision, recall, thresholds, coverage
      case averagePrecision = "average_precision"
      case bestF1 = "best_f1"
    }

    var testDescription: String { name }
  }

  struct MultiLabelCase: Decodable, CustomTestStringConvertible {
    let name: String
    let truth: [[Bool]]
    let scores: [[Float]]
    let thresholds: [Float]
    let subsetAccuracy: Double
    let hammingLoss: Double
    /// Precision, recall, F1 and support, a number a label.
    let perLabel: [[Double]]
    let averagePrecision: [Double]
    let micro: [Double]
    let macro: [Double]
    let weighted: [Double]
    let samples: [Double]

    enum CodingKeys: String, CodingKey {
      case name, truth, scores, thresholds, micro, macro, weighted, samples
      case subsetAccuracy = "subset_accuracy"
      case hammingLoss = "hamming_loss"
      case perLabel = "per_label"
      case averagePrecision = "average_precision"
    }

    var testDescription: String { name }

    func report(_ labels: [String]? = nil) throws -> MultiLabelReport {
      var report = try MultiLabelReport(
        labels: labels ?? thresholds.indices.map { "label \($0)" }, thresholds: thresholds)
      for (truth, scores) in zip(truth, scores) {
        try report.add(trueLabels: truth.indices.filter { truth[$0] }, scores: scores)
      }
      return report
    }
  }

  struct Comparison: Decodable, CustomTestStringConvertible {
    let name: String
    let labels: Int
    let truth: [Int]
    let first: [Int]
    let second: [Int]
    let only: [Int]
    let mcnemar: Double
    let difference: Double
    let firstF1: Double
    let firstInterval: [Double]
    let differenceInterval: [Double]

    enum CodingKeys: String, CodingKey {
      case name, labels, truth, first, second, only, mcnemar, difference
      case firstF1 = "first_f1"
      case firstInterval = "first_interval"
      case differenceInterval = "difference_interval"
    }

    var testDescription: String { name }

    func predictions(_ ids: [Int]) -> LabelledPredictions {
      var predictions = LabelledPredictions(labelCount: labels)
      for (truth, id) in zip(truth, ids) {
        predictions.add(trueLabel: truth, predictedLabel: id)
      }
      return predictions
    }
  }

  // A missing fixture shows as a failing count below.
  private static func cases<Case: Decodable>(_ name: String) -> [Case] {
    let file = fixturesFolder.appending(path: "evaluation/\(name).json")
    return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
  }

  static let curves: [CurveCase] = cases("curves")
  static let several: [MultiLabelCase] = cases("multi-label")
  static let comparisons: [Comparison] = cases("comparisons")

  @Test func allCasesAreThere() {
    #expect(Self.curves.count == 8)
    #expect(Self.several.count == 8)
    #expect(Self.comparisons.count == 4)
  }

  private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-9 }

  private func isClose(_ figures: ClassificationReport.Figures, _ expected: [Double]) -> Bool {
    zip([figures.precision, figures.recall, figures.f1], expected).allSatisfy(isClose)
  }

  @Test(arguments: curves)
  func curvesAreThoseOfScikitLearn(_ expected: CurveCase) {
    let curve = PrecisionRecallCurve(scores: expected.scores, isPositive: expected.truth)
    // scikit-learn goes up, and ends with a point of no text.
    #expect(curve.points.map(\.threshold) == expected.thresholds.reversed())
    for (point, (precision, recall)) in zip(
      curve.points, zip(expected.precision, expected.recall).dropLast().reversed())
    {
      #expect(isClose(point.precision, precision) && isClose(point.recall, recall))
    }
    #expect(isClose(curve.averagePrecision, expected.averagePrecision))
    #expect((curve.best == nil) == (expected.bestF1 == nil))
    if let best = curve.best, let f1 = expected.bestF1 { #expect(isClose(best.f1, f1)) }
  }

  @Test(arguments: curves)
  func coverageIsCountedByThreshold(_ expected: CurveCase) {
    let curve = CoverageCurve(topScores: expected.scores, isCorrect: expected.truth)
    for expected in expected.coverage {
      let point = curve.point(at: expected.threshold)
      #expect(point.covered == expected.covered)
      #expect(isClose(point.accuracy, expected.accuracy))
      #expect(isClose(point.coverage, Double(expected.covered) / Double(curve.count)))
    }
    #expect(curve.points.last?.coverage == 1)
  }

  @Test(arguments: several)
  func figuresOfSeveralLabelsAreThoseOfScikitLearn(_ expected: MultiLabelCase) throws {
    let report = try expected.report()
    #expect(report.count == expected.truth.count)
    #expect(isClose(report.subsetAccuracy, expected.subsetAccuracy))
    #expect(isClose(report.hammingLoss, expected.hammingLoss))
    #expect(isClose(report.micro, expected.micro))
    #expect(isClose(report.macro, expected.macro))
    #expect(isClose(report.weighted, expected.weighted))
    #expect(isClose(report.samples, expected.samples))
    for (id, entry) in report.perLabel.enumerated() {
      #expect(isClose(entry.figures, expected.perLabel.prefix(3).map { $0[id] }))
      #expect(Double(entry.support) == expected.perLabel[3][id])
      let curve = report.precisionRecallCurve(of: id)
      #expect(isClose(curve.averagePrecision, expected.averagePrecision[id]))
      #expect(curve.points.allSatisfy { $0.f1 <= curve.best?.f1 ?? 0 })
    }
  }

  @Test(arguments: comparisons)
  func comparisonsAreThoseOfScipy(_ expected: Comparison) throws {
    let first = expected.predictions(expected.first)
    let comparison = PairedComparison(first, expected.predictions(expected.second))
    #expect([comparison.onlyFirstRight, comparison.onlySecondRight] == expected.only)
    #expect(comparison.count == expected.truth.count)
    // A p-value may be 1e-30: the same but for rounding.
    #expect(abs(comparison.mcNemarPValue / expected.mcnemar - 1) < 1e-9)
    #expect(isClose(comparison.difference.value, expected.difference))
    // Both draw at random: their ends are alike to a fraction of the width.
    let interval = try #require(first.weightedF1Interval(Bootstrap(resamples: 2000)))
    for (found, expected) in [
      (interval, expected.firstInterval),
      (comparison.difference.interval, expected.differenceInterval),
    ] {
      let room = 0.12 * (expected[1] - expected[0])
      #expect(abs(found.lower - expected[0]) < room && abs(found.upper - expected[1]) < room)
    }
    #expect(interval.contains(expected.firstF1))
  }

  @Test func aSeedGivesTheSameInterval() throws {
    let example = try #require(Self.comparisons.first)
    let predictions = example.predictions(example.first)
    let one = predictions.weightedF1Interval(Bootstrap(resamples: 50))
    #expect(one == predictions.weightedF1Interval(Bootstrap(resamples: 50)))
    #expect(one != predictions.weightedF1Interval(Bootstrap(resamples: 50, seed: 1)))
    #expect(LabelledPredictions(labelCount: 2).weightedF1Interval() == nil)
    let narrow = Bootstrap(resamples: 200, level: 0.5)
    let middle = try #require(predictions.weightedF1Interval(narrow))
    let wide = try #require(predictions.weightedF1Interval(Bootstrap(resamples: 200)))
    #expect(middle.lower > wide.lower && middle.upper < wide.upper)
  }

  @Test func reportsOfSeveralLabelsAreCompared() throws {
    let labels = ["a", "b"]
    let texts: [(truth: [Int], first: [Float], second: [Float])] = [
      ([0], [0.9, 0.1], [0.9, 0.1]), ([0, 1], [0.9, 0.1], [0.8, 0.7]),
      ([], [0.2, 0.6], [0.1, 0.2]), ([1], [0.2, 0.6], [0.6, 0.7]),
    ]
    var (first, second) = (
      try MultiLabelReport(labels: labels), try MultiLabelReport(labels: labels)
    )
    for text in texts {
      try first.add(trueLabels: text.truth, scores: text.first)
      try second.add(trueLabels: text.truth, scores: text.second)
    }
    let comparison = first.compared(with: second)
    #expect(comparison.bothRight == 1 && comparison.bothWrong == 0)
    #expect(comparison.onlyFirstRight == 1 && comparison.onlySecondRight == 2)
    #expect(comparison.sameAnswer == 1)
    #expect(comparison.mcNemarPValue == 1)
    #expect(isClose(comparison.difference.value, second.micro.f1 - first.micro.f1))
    #expect(comparison.difference.interval.contains(comparison.difference.value))
  }

  @Test func theSurestWrongLabelsAreKept() throws {
    var report = try MultiLabelReport(labels: ["a", "b"], mistakeLimit: 2)
    try report.add(trueLabels: [0], scores: [0.3, 0.6], text: "one")
    try report.add(trueLabels: [0, 1], scores: [0.9, 0.05], row: 7, text: "two")
    #expect(report.mistakes.map(\.row) == [7, 1])
    #expect(report.mistakes.map(\.label) == [1, 0])
    #expect(report.mistakes.map(\.isMissing) == [true, true])
    #expect(report.exactMatches == 0)
    let before = report
    for (ids, scores) in [
      ([2], [0.5, 0.5]), ([0], [0.5]), ([0], [.nan, 0.5]), ([0], [0.5, 1.5]),
    ]
      as [([Int], [Float])]
    {
      #expect(throws: EvaluationError.self) { try report.add(trueLabels: ids, scores: scores) }
    }
    #expect(report == before && report.count == 2)
  }

  @Test func histogramsCountRightAndWrong() throws {
    var predictions = LabelledPredictions(labelCount: 2)
    for (truth, score) in [(0, 0.55), (1, 0.55), (0, 0.6), (0, 1)] as [(Int, Float)] {
      predictions.add(trueLabel: truth, scores: [score, 1 - score])
    }
    let bins = try #require(predictions.scoreHistogram(bins: 10))
    #expect(bins.map(\.right) == [0, 0, 0, 0, 0, 1, 1, 0, 0, 1])
    #expect(bins.map(\.wrong) == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    #expect(predictions.precisionRecallCurve(of: 0)?.support == 3)
    var bare = LabelledPredictions(labelCount: 2, keepsScores: false)
    bare.add(trueLabel: 0, predictedLabel: 1)
    #expect(bare.scoreHistogram() == nil && bare.coverageCurve == nil)
    #expect(bare.precisionRecallCurve(of: 0) == nil)
  }
}
