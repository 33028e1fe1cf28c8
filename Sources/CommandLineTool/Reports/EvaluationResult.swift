import Cloud4Bert
import Files

/// What came of an evaluation: of one model, or of two on the same texts.
struct EvaluationResult {
  /// The file of labelled texts.
  let input: String
  /// One or two.
  let models: [EvaluatedModel]
  /// Rows without a label that were left out.
  let skipped: Int
  let facts: RunFacts
  /// What the second model does better or worse than the first; nil for one.
  var comparison: PairedComparison?
  /// Texts of which one model alone is right, those first of which the other is surest.
  var differing: [DifferingText] = []

  /// As text for a terminal.
  var tables: String {
    models.count == 1 ? models[0].tables : ComparisonTables(result: self).text
  }

  /// As a JSON object with a line break.
  var object: [UInt8] {
    get throws {
      let line =
        try models.count == 1
        ? JSON.line(of: models[0].object(skipped: skipped, input: input))
        : JSON.line(of: ComparisonObject(self))
      return line + [UInt8(ascii: "\n")]
    }
  }

  /// As a page for a web browser.
  var page: String {
    guard models.count == 1 else { return ComparisonPage(result: self).text }
    switch models[0].measurement {
    case .one(let report, let predictions):
      return EvaluationPage(
        report: report, predictions: predictions, interval: models[0].interval, input: input,
        model: models[0].name, facts: facts
      ).text
    case .several(let report, let hasScores):
      return MultiLabelPage(
        report: report, hasScores: hasScores, interval: models[0].interval, input: input,
        model: models[0].name, facts: facts
      ).text
    }
  }
}

/// A model, or a column of labels from elsewhere, that was measured.
struct EvaluatedModel {
  /// Of how many labels a text has.
  enum Measurement {
    case one(ClassificationReport, LabelledPredictions)
    case several(MultiLabelReport, hasScores: Bool)
  }

  /// What a person calls it.
  let name: String
  let measurement: Measurement
  /// Of the weighted F1, or of the micro F1 where a text may have several labels; nil where none was
  /// asked for.
  let interval: ConfidenceInterval?

  /// - Parameter bootstrap: Nil for no interval.
  init(name: String, measurement: Measurement, bootstrap: Bootstrap?) {
    self.name = name
    self.measurement = measurement
    interval = bootstrap.flatMap { bootstrap in
      switch measurement {
      case .one(_, let predictions): predictions.weightedF1Interval(bootstrap)
      case .several(let report, _): report.microF1Interval(bootstrap)
      }
    }
  }

  var count: Int {
    switch measurement {
    case .one(let report, _): report.count
    case .several(let report, _): report.count
    }
  }

  /// The names of the labels with the figures of each.
  var labels: [(name: String, figures: ClassificationReport.Figures, support: Int)] {
    switch measurement {
    case .one(let report, _): report.perClass.map { ($0.label, $0.figures, $0.support) }
    case .several(let report, _): report.perLabel.map { ($0.label, $0.figures, $0.support) }
    }
  }

  /// The figures that two models are compared by.
  var figures: [(name: String, value: Double)] {
    switch measurement {
    case .one(let report, _):
      let weighted = report.weighted
      var figures = [
        ("weighted precision", weighted.precision), ("weighted recall", weighted.recall),
        ("weighted F1", weighted.f1), ("macro F1", report.macro.f1), ("accuracy", report.accuracy),
        ("Matthews correlation", report.matthewsCorrelation),
      ]
      if report.hasScores {
        figures.append(("calibration error", report.expectedCalibrationError))
      }
      return figures
    case .several(let report, _):
      return [
        ("micro precision", report.micro.precision), ("micro recall", report.micro.recall),
        ("micro F1", report.micro.f1), ("macro F1", report.macro.f1),
        ("weighted F1", report.weighted.f1), ("samples F1", report.samples.f1),
        ("all labels right", report.subsetAccuracy), ("Hamming loss", report.hammingLoss),
      ]
    }
  }

  /// Which of ``figures`` the interval is of.
  var intervalName: String {
    if case .one = measurement { "weighted F1" } else { "micro F1" }
  }

  var tables: String {
    switch measurement {
    case .one(let report, _): EvaluationTables(report: report, interval: interval).text
    case .several(let report, let hasScores):
      MultiLabelTables(report: report, hasScores: hasScores, interval: interval).text
    }
  }

  func object(skipped: Int, input: String?) -> ReportObject {
    switch measurement {
    case .one(let report, _):
      var object = EvaluationObject(report: report, skipped: skipped, interval: interval)
      (object.model, object.input) = (name, input)
      return .one(object)
    case .several(let report, let hasScores):
      var object = MultiLabelObject(
        report: report, skipped: skipped, hasScores: hasScores, interval: interval)
      (object.model, object.input) = (name, input)
      return .several(object)
    }
  }
}

/// A text that only one of two models is right about.
struct DifferingText {
  let row: Int
  let text: String
  let pair: String?
  let truth: String
  /// What each model says.
  let answers: [String]
  let isFirstRight: Bool
  /// How sure the other is.
  let certainty: Float
}
