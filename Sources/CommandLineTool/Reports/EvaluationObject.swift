import Cloud4Bert
import Files

/// A report as one JSON object, with the names that scikit-learn has for its figures.
struct EvaluationObject: Encodable {
  /// What the figures are of; nil for a part of another object.
  var model: String?
  var input: String?
  let count: Int
  /// Rows without a label that were left out.
  let skipped: Int
  let accuracy: Double
  let weighted: FiguresObject
  let macro: FiguresObject
  let micro: FiguresObject
  let weightedF1Interval: IntervalObject?
  let matthewsCorrelation: Double
  @OrNull var expectedCalibrationError: Double?
  let labels: [String]
  let perClass: [Class]
  let confusionMatrix: [[Int]]
  let calibration: [Bin]
  let mistakes: [Mistake]

  struct Class: Encodable {
    let label: String
    let precision: Double
    let recall: Double
    let f1: Double
    let support: Int
    let predicted: Int
  }

  struct Bin: Encodable {
    let above: Double
    let upTo: Double
    let count: Int
    let accuracy: Double
    let meanScore: Double
  }

  struct Mistake: Encodable {
    let row: Int
    let text: String
    let pair: String?
    let `true`: String
    let predicted: String
    @OrNull var score: Float?
  }

  /// - Parameters:
  ///   - skipped: Rows without a label that were left out.
  ///   - interval: Of the weighted F1, where it was asked for.
  init(report: ClassificationReport, skipped: Int, interval: ConfidenceInterval? = nil) {
    count = report.count
    self.skipped = skipped
    accuracy = report.accuracy
    weighted = FiguresObject(report.weighted)
    macro = FiguresObject(report.macro)
    micro = FiguresObject(report.micro)
    weightedF1Interval = interval.map(IntervalObject.init)
    matthewsCorrelation = report.matthewsCorrelation
    expectedCalibrationError = report.hasScores ? report.expectedCalibrationError : nil
    labels = report.labels
    perClass = report.perClass.map { entry in
      Class(
        label: entry.label, precision: entry.figures.precision, recall: entry.figures.recall,
        f1: entry.figures.f1, support: entry.support, predicted: entry.predicted)
    }
    confusionMatrix = report.confusionMatrix
    let bins = report.calibrationBins
    calibration = bins.enumerated().map { index, bin in
      Bin(
        above: Double(index) / Double(bins.count), upTo: Double(index + 1) / Double(bins.count),
        count: bin.count, accuracy: bin.accuracy, meanScore: bin.meanScore)
    }
    mistakes = report.mistakes.map { mistake in
      Mistake(
        row: mistake.row, text: mistake.text, pair: mistake.pair,
        true: report.labels[mistake.trueLabel], predicted: report.labels[mistake.predictedLabel],
        score: mistake.score)
    }
  }
}

struct FiguresObject: Encodable {
  let precision: Double
  let recall: Double
  let f1: Double

  init(_ figures: ClassificationReport.Figures) {
    (precision, recall, f1) = (figures.precision, figures.recall, figures.f1)
  }
}

struct IntervalObject: Encodable {
  let level: Double
  let lower: Double
  let upper: Double

  init(_ interval: ConfidenceInterval) {
    (level, lower, upper) = (interval.level, interval.lower, interval.upper)
  }
}

extension ClassificationReport {
  /// Whether the answers came with scores.
  var hasScores: Bool { calibrationBins.contains { $0.count > 0 } }
}
