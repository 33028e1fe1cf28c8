import Cloud4Bert
import Records

/// A report of texts with any number of labels as one JSON object, with the names that scikit-learn
/// has for its figures.
struct MultiLabelObject {
  let report: MultiLabelReport
  /// Rows without a label that were left out.
  let skipped: Int
  /// Whether the labels came with scores, so that their thresholds can be told.
  var hasScores = true
  /// Of the micro F1, where it was asked for.
  var interval: ConfidenceInterval?
  /// What the figures are of, as members of the object; none for a part of another object.
  var context = ""

  /// The object and a line break.
  var bytes: [UInt8] {
    var object = "{\(context)\"count\":\(report.count),\"skipped\":\(skipped)"
    for (name, figures) in [
      ("micro", report.micro), ("macro", report.macro), ("weighted", report.weighted),
      ("samples", report.samples),
    ] {
      object += ",\"\(name)\":{\(EvaluationObject.members(figures))}"
    }
    if let interval {
      object += ",\"micro_f1_interval\":\(EvaluationObject.member(interval))"
    }
    object += ",\"subset_accuracy\":\(report.subsetAccuracy)"
    object += ",\"hamming_loss\":\(report.hammingLoss)"
    object += ",\"labels\":\(EvaluationObject.array(report.labels.map(JSONText.quoted)))"
    object += ",\"per_label\":\(EvaluationObject.array(report.perLabel.enumerated().map(label)))"
    object += ",\"mistakes\":\(EvaluationObject.array(report.mistakes.map(member)))"
    object += "}\n"
    return Array(object.utf8)
  }

  private func label(_ id: Int, _ entry: MultiLabelReport.LabelFigures) -> String {
    var members = "\"label\":\(JSONText.quoted(entry.label)),"
    members += "\(EvaluationObject.members(entry.figures)),\"support\":\(entry.support),"
    members += "\"predicted\":\(entry.predicted)"
    guard hasScores else { return "{\(members)}" }
    let curve = report.precisionRecallCurve(of: id)
    members += ",\"threshold\":\(entry.threshold),"
    members += "\"average_precision\":\(curve.averagePrecision)"
    members += ",\"best_threshold\":\(curve.bestThreshold.map { "\($0)" } ?? "null")"
    members += ",\"best_f1\":\(curve.best.map { "\($0.f1)" } ?? "null")"
    return "{\(members)}"
  }

  private func member(_ mistake: MultiLabelReport.Mistake) -> String {
    let text = EvaluationObject.members(
      row: mistake.row, text: mistake.text, pair: mistake.pair)
    return "{\(text),"
      + "\"label\":\(JSONText.quoted(report.labels[mistake.label])),"
      + "\"missed\":\(mistake.isMissing),\"score\":\(hasScores ? "\(mistake.score)" : "null")}"
  }
}
