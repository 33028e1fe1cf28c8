import Cloud4Bert

/// A report of texts with any number of labels, for a person at a terminal.
struct MultiLabelTables {
  let report: MultiLabelReport
  /// Whether the labels came with scores, so that their thresholds can be told.
  var hasScores = true
  /// Of the micro F1, where it was asked for.
  var interval: ConfidenceInterval?

  var text: String {
    let sections = [summary, figures, thresholds, mistakes]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var summary: String {
    let texts = report.count == 1 ? "text" : "texts"
    var table = TextTable([.left, .right, .right, .right])
    table.append(["", "precision", "recall", "F1"])
    for (name, figures) in averages {
      table.append(
        [name] + [figures.precision, figures.recall, figures.f1].map { $0.fixed(4) })
    }
    var measures = TextTable([.left, .right])
    if let interval {
      measures.append([
        "micro F1, \(interval.level.percent()) interval",
        "\(interval.lower.fixed(4)) to \(interval.upper.fixed(4))",
      ])
    }
    measures.append(["all labels of a text right", report.subsetAccuracy.fixed(4)])
    measures.append(["Hamming loss", report.hammingLoss.fixed(4)])
    return """
      \(report.count.grouped) \(texts) with \(report.labelsPerText.fixed(2)) labels \
      each, \(report.exactMatches.grouped) of them given just their true labels

      \(table.text)
      \(measures.text)
      """
  }

  private var averages: [(String, ClassificationReport.Figures)] {
    [
      ("micro average", report.micro), ("macro average", report.macro),
      ("weighted average", report.weighted), ("samples average", report.samples),
    ]
  }

  private var figures: String {
    var table = TextTable([.left, .right, .right, .right, .right, .right])
    table.append(["label", "precision", "recall", "F1", "support", "given"])
    for entry in report.perLabel {
      let figures = entry.figures
      table.append(
        [EvaluationTables.excerpt(entry.label, limit: 30)]
          + [figures.precision, figures.recall, figures.f1].map { $0.fixed(4) }
          + [entry.support.grouped, entry.predicted.grouped])
    }
    return table.text
  }

  private var thresholds: String {
    guard hasScores else { return "" }
    var table = TextTable([.left, .right, .right, .right, .right])
    table.append(["label", "average precision", "threshold", "best threshold", "F1 there"])
    for (id, entry) in report.perLabel.enumerated() {
      let curve = report.precisionRecallCurve(of: id)
      table.append([
        EvaluationTables.excerpt(entry.label, limit: 30), curve.averagePrecision.fixed(4),
        Double(entry.threshold).fixed(4),
        curve.bestThreshold.map { Double($0).fixed(4) } ?? "-",
        curve.best?.f1.fixed(4) ?? "-",
      ])
    }
    return """
      the threshold on each label's score that gives the highest F1 on these texts; choose \
      thresholds on texts that you do not measure on

      \(table.text)
      """
  }

  private var mistakes: String {
    guard !report.mistakes.isEmpty else { return "" }
    var table = TextTable([.right, .right, .left, .left, .left])
    table.append(["row", "score", "label", "", "text"])
    for mistake in report.mistakes {
      let text = [mistake.text, mistake.pair].compactMap { $0 }.joined(separator: " | ")
      table.append([
        "\(mistake.row)", hasScores ? Double(mistake.score).fixed(4) : "-",
        EvaluationTables.excerpt(report.labels[mistake.label], limit: 16),
        mistake.isMissing ? "missed" : "wrong", EvaluationTables.excerpt(text, limit: 60),
      ])
    }
    return "\(hasScores ? "most confident mistakes" : "mistakes")\n\n\(table.text)"
  }
}
