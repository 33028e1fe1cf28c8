import Cloud4Bert

/// A report for a person at a terminal.
struct EvaluationTables {
  let report: ClassificationReport
  /// Of the weighted F1, where it was asked for.
  var interval: ConfidenceInterval?

  /// A wider matrix does not fit a terminal.
  private static let widestMatrix = 12

  var text: String {
    let sections = [summary, figures, confusions, measures, mistakes]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var summary: String {
    let weighted = report.weighted
    var table = TextTable([.left, .right, .right, .right, .right])
    table.append(["", "precision", "recall", "F1", "accuracy"])
    table.append(
      ["weighted"]
        + [weighted.precision, weighted.recall, weighted.f1, report.accuracy].map { $0.fixed(4) })
    let texts = report.count == 1 ? "text" : "texts"
    return "\(report.count.grouped) \(texts), "
      + "\(report.correct.grouped) of them given their true label\n\n\(table.text)"
  }

  private var figures: String {
    var table = TextTable([.left, .right, .right, .right, .right])
    func append(_ name: String, _ figures: ClassificationReport.Figures, _ support: Int) {
      table.append(
        [name, figures.precision.fixed(4), figures.recall.fixed(4), figures.f1.fixed(4)]
          + [support.grouped])
    }
    table.append(["label", "precision", "recall", "F1", "support"])
    for entry in report.perClass {
      append(Self.excerpt(entry.label, limit: 30), entry.figures, entry.support)
    }
    table.append([])
    append("macro average", report.macro, report.count)
    append("micro average", report.micro, report.count)
    append("weighted average", report.weighted, report.count)
    return table.text
  }

  private var confusions: String {
    let names = report.labels.map { Self.excerpt($0, limit: 16) }
    guard names.count <= Self.widestMatrix else {
      var table = TextTable([.left, .left, .right])
      table.append(["true", "predicted", "texts"])
      for confusion in report.mostFrequentConfusions(20) {
        table.append(
          [names[confusion.trueLabel], names[confusion.predictedLabel]]
            + [confusion.count.grouped])
      }
      return "most frequent confusions (--json has the whole matrix)\n\n\(table.text)"
    }
    var table = TextTable([.left] + names.map { _ in .right })
    table.append(["true \\ predicted"] + names)
    for (name, row) in zip(names, report.confusionMatrix) {
      table.append([name] + row.map(\.grouped))
    }
    return "confusion matrix\n\n\(table.text)"
  }

  private var measures: String {
    var table = TextTable([.left, .right])
    if let interval {
      table.append([
        "weighted F1, \(interval.level.percent()) interval",
        "\(interval.lower.fixed(4)) to \(interval.upper.fixed(4))",
      ])
    }
    table.append(["Matthews correlation", report.matthewsCorrelation.fixed(4)])
    guard report.hasScores else { return table.text }
    table.append(
      [
        "calibration error (\(ClassificationReport.calibrationBinCount) equal ranges of the score)",
        report.expectedCalibrationError.fixed(4),
      ])
    return table.text
  }

  private var mistakes: String {
    guard !report.mistakes.isEmpty else { return "" }
    var table = TextTable([.right, .right, .left, .left, .left])
    table.append(["row", "score", "predicted", "true", "text"])
    for mistake in report.mistakes {
      let text = [mistake.text, mistake.pair].compactMap { $0 }.joined(separator: " | ")
      table.append([
        "\(mistake.row)", mistake.score.map { Double($0).fixed(4) } ?? "-",
        Self.excerpt(report.labels[mistake.predictedLabel], limit: 16),
        Self.excerpt(report.labels[mistake.trueLabel], limit: 16), Self.excerpt(text, limit: 60),
      ])
    }
    return "\(report.hasScores ? "most confident mistakes" : "mistakes")\n\n\(table.text)"
  }

  /// The beginning of a text as one line of at most so many columns that does nothing to a terminal.
  static func excerpt(_ text: String, limit: Int) -> String {
    var line = ""
    var columns = 0
    // With a column left for the sign that something is left out.
    var cut = ""
    for character in text {
      let isPlain = character.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: true
        }
      }
      let shown = isPlain ? character : " "
      columns += shown.terminalColumns
      if columns > limit { return cut + "…" }
      line.append(shown)
      if columns < limit { cut = line }
    }
    return line
  }
}
