import Cloud4Bert
import Records

/// A report as one JSON object, with the names that scikit-learn has for its figures.
struct EvaluationObject {
  let report: ClassificationReport
  /// Rows without a label that were left out.
  let skipped: Int
  /// Of the weighted F1, where it was asked for.
  var interval: ConfidenceInterval?
  /// What the figures are of, as members of the object; none for a part of another object.
  var context = ""

  /// The object and a line break.
  var bytes: [UInt8] {
    var object = ""
    object +=
      "{\(context)\"count\":\(report.count),\"skipped\":\(skipped),\"accuracy\":\(report.accuracy)"
    for (name, figures) in [
      ("weighted", report.weighted), ("macro", report.macro), ("micro", report.micro),
    ] {
      object += ",\"\(name)\":{\(Self.members(figures))}"
    }
    if let interval { object += ",\"weighted_f1_interval\":\(Self.member(interval))" }
    object += ",\"matthews_correlation\":\(report.matthewsCorrelation)"
    object += ",\"expected_calibration_error\":"
    object += report.hasScores ? "\(report.expectedCalibrationError)" : "null"
    object += ",\"labels\":\(Self.array(report.labels.map(JSONText.quoted)))"
    object += ",\"per_class\":"
    object += Self.array(
      report.perClass.map { entry in
        "{\"label\":\(JSONText.quoted(entry.label)),\(Self.members(entry.figures)),"
          + "\"support\":\(entry.support),\"predicted\":\(entry.predicted)}"
      })
    object += ",\"confusion_matrix\":"
    object += Self.array(report.confusionMatrix.map { Self.array($0.map(String.init)) })
    object += ",\"calibration\":\(Self.array(bins))"
    object += ",\"mistakes\":\(Self.array(report.mistakes.map(member)))"
    object += "}\n"
    return Array(object.utf8)
  }

  private var bins: [String] {
    let bins = report.calibrationBins
    return bins.indices.map { index in
      let (lower, upper) = (
        Double(index) / Double(bins.count), Double(index + 1) / Double(bins.count)
      )
      return "{\"above\":\(lower),\"up_to\":\(upper),\"count\":\(bins[index].count),"
        + "\"accuracy\":\(bins[index].accuracy),\"mean_score\":\(bins[index].meanScore)}"
    }
  }

  private func member(_ mistake: ClassificationReport.Mistake) -> String {
    "{\(Self.members(row: mistake.row, text: mistake.text, pair: mistake.pair)),"
      + "\"true\":\(JSONText.quoted(report.labels[mistake.trueLabel])),"
      + "\"predicted\":\(JSONText.quoted(report.labels[mistake.predictedLabel])),"
      + "\"score\":\(mistake.score.map { "\($0)" } ?? "null")}"
  }

  static func members(_ figures: ClassificationReport.Figures) -> String {
    "\"precision\":\(figures.precision),\"recall\":\(figures.recall),\"f1\":\(figures.f1)"
  }

  /// Which text something is told of.
  static func members(row: Int, text: String, pair: String?) -> String {
    let second = pair.map { ",\"pair\":\(JSONText.quoted($0))" } ?? ""
    return "\"row\":\(row),\"text\":\(JSONText.quoted(text))\(second)"
  }

  static func array(_ elements: [String]) -> String {
    "[\(elements.joined(separator: ","))]"
  }

  static func member(_ interval: ConfidenceInterval) -> String {
    "{\"level\":\(interval.level),\"lower\":\(interval.lower),\"upper\":\(interval.upper)}"
  }
}

extension ClassificationReport {
  /// Whether the answers came with scores.
  var hasScores: Bool { calibrationBins.contains { $0.count > 0 } }
}
