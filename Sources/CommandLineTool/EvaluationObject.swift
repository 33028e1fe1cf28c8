import Cloud4Bert
import Records

/// A report as one JSON object, with the names that scikit-learn has for its figures.
struct EvaluationObject {
  let report: ClassificationReport
  /// Rows without a label that were left out.
  let skipped: Int

  /// The object and a line break.
  var bytes: [UInt8] {
    var object = ""
    object += "{\"count\":\(report.count),\"skipped\":\(skipped),\"accuracy\":\(report.accuracy)"
    for (name, figures) in [
      ("weighted", report.weighted), ("macro", report.macro), ("micro", report.micro),
    ] {
      object += ",\"\(name)\":{\(Self.members(figures))}"
    }
    object += ",\"matthews_correlation\":\(report.matthewsCorrelation)"
    object += ",\"expected_calibration_error\":\(report.expectedCalibrationError)"
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
    return Array(object.utf8) + "}\n".utf8
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
    let pair = mistake.pair.map { "\"pair\":\(JSONText.quoted($0))," } ?? ""
    return "{\"row\":\(mistake.row),\"text\":\(JSONText.quoted(mistake.text)),\(pair)"
      + "\"true\":\(JSONText.quoted(report.labels[mistake.trueLabel])),"
      + "\"predicted\":\(JSONText.quoted(report.labels[mistake.predictedLabel])),"
      + "\"score\":\(mistake.score)}"
  }

  private static func members(_ figures: ClassificationReport.Figures) -> String {
    "\"precision\":\(figures.precision),\"recall\":\(figures.recall),\"f1\":\(figures.f1)"
  }

  private static func array(_ elements: [String]) -> String {
    "[\(elements.joined(separator: ","))]"
  }
}
