import Cloud4Bert
import Files

/// A report of texts with any number of labels as one JSON object, with the names that scikit-learn
/// has for its figures.
struct MultiLabelObject: Encodable {
  /// What the figures are of; nil for a part of another object.
  var model: String?
  var input: String?
  let count: Int
  /// Rows without a label that were left out.
  let skipped: Int
  let micro: FiguresObject
  let macro: FiguresObject
  let weighted: FiguresObject
  let samples: FiguresObject
  let microF1Interval: IntervalObject?
  let subsetAccuracy: Double
  let hammingLoss: Double
  let labels: [String]
  let perLabel: [Label]
  let mistakes: [Mistake]

  struct Label: Encodable {
    let label: String
    let precision: Double
    let recall: Double
    let f1: Double
    let support: Int
    let predicted: Int
    // Of labels that came with scores.
    var threshold: Float?
    var averagePrecision: Double?
    var bestThreshold: OrNull<Float>?
    var bestF1: OrNull<Double>?
  }

  struct Mistake: Encodable {
    let row: Int
    let text: String
    let pair: String?
    let label: String
    let missed: Bool
    @OrNull var score: Float?
  }

  /// - Parameters:
  ///   - skipped: Rows without a label that were left out.
  ///   - hasScores: Whether the labels came with scores, so that their thresholds can be told.
  ///   - interval: Of the micro F1, where it was asked for.
  init(
    report: MultiLabelReport, skipped: Int, hasScores: Bool = true,
    interval: ConfidenceInterval? = nil
  ) {
    count = report.count
    self.skipped = skipped
    micro = FiguresObject(report.micro)
    macro = FiguresObject(report.macro)
    weighted = FiguresObject(report.weighted)
    samples = FiguresObject(report.samples)
    microF1Interval = interval.map(IntervalObject.init)
    subsetAccuracy = report.subsetAccuracy
    hammingLoss = report.hammingLoss
    labels = report.labels
    perLabel = report.perLabel.enumerated().map { id, entry in
      var label = Label(
        label: entry.label, precision: entry.figures.precision, recall: entry.figures.recall,
        f1: entry.figures.f1, support: entry.support, predicted: entry.predicted)
      if hasScores {
        let curve = report.precisionRecallCurve(of: id)
        label.threshold = entry.threshold
        label.averagePrecision = curve.averagePrecision
        label.bestThreshold = OrNull(wrappedValue: curve.bestThreshold)
        label.bestF1 = OrNull(wrappedValue: curve.best?.f1)
      }
      return label
    }
    mistakes = report.mistakes.map { mistake in
      Mistake(
        row: mistake.row, text: mistake.text, pair: mistake.pair,
        label: report.labels[mistake.label], missed: mistake.isMissing,
        score: hasScores ? mistake.score : nil)
    }
  }
}
