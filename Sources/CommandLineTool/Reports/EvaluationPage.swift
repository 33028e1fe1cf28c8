import Cloud4Bert

/// A report of one label a text as one web page that needs nothing else: styles and plots are in it, and
/// no script.
struct EvaluationPage {
  let report: ClassificationReport
  let predictions: LabelledPredictions
  /// Of the weighted F1.
  var interval: ConfidenceInterval?
  let input: String
  let model: String
  let facts: RunFacts

  var text: String {
    let sections = [
      PageParts.section("By label", labelTable),
      PageParts.section("Confusion matrix", ConfusionMatrixPlot(report: report).text),
      PageParts.section(
        "Calibration", report.hasScores ? ReliabilityPlot(report: report).text : ""),
      PageParts.section("Answers above a threshold", coverage),
      PageParts.section("Scores", histogram),
      PageParts.section("Precision and recall by label", curves),
      PageParts.section(
        report.hasScores ? "Most confident mistakes" : "Mistakes", mistakes),
    ]
    return HTML.page(
      title: "Evaluation of \(model)",
      """
      <header>
      <h1>Evaluation</h1>
      <p><b>\(HTML.escaped(model))</b> on \(PageParts.count(report.count, "text", "texts")) of \
      <b>\(HTML.escaped(input))</b>: \(report.correct.grouped) given the true label.\
      </p>
      \(facts.list)
      </header>
      \(keyFigures)
      \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
      \(PageParts.footer)
      """)
  }

  private var keyFigures: String {
    let weighted = report.weighted
    var entries = [
      (name: "Weighted precision", value: weighted.precision.fixed(4), note: ""),
      ("Weighted recall", weighted.recall.fixed(4), ""),
      ("Weighted F1", weighted.f1.fixed(4), PageParts.text(interval)),
      ("Accuracy", report.accuracy.fixed(4), ""),
      ("Matthews correlation", report.matthewsCorrelation.fixed(4), ""),
    ]
    entries.append(
      report.hasScores
        ? ("Calibration error", report.expectedCalibrationError.fixed(4), "")
        : ("Macro F1", report.macro.f1.fixed(4), ""))
    return PageParts.keyFigures(entries)
  }

  private var labelTable: String {
    LabelTable(
      labels: report.perClass.map { ($0.label, $0.figures, $0.support) },
      averages: [
        ("macro average", report.macro, report.count),
        ("micro average", report.micro, report.count),
        ("weighted average", report.weighted, report.count),
      ]
    ).text
  }

  private var coverage: String {
    predictions.coverageCurve.map { CoveragePlot(curves: [(model, $0)]).text } ?? ""
  }

  private var histogram: String {
    predictions.scoreHistogram().map { ScoreHistogramPlot(bins: $0).text } ?? ""
  }

  private var curves: String {
    guard predictions.hasAllScores else { return "" }
    let entries = report.labels.indices.compactMap { id in
      predictions.precisionRecallCurve(of: id).map {
        PrecisionRecallPlots.Entry(label: report.labels[id], curves: [$0])
      }
    }
    return PrecisionRecallPlots(entries: entries, models: [model]).text
  }

  private var mistakes: String {
    if report.correct == report.count { return "<p>None: every text got its true label.</p>" }
    if report.mistakes.isEmpty { return "<p>Not asked for.</p>" }
    return PageParts.list(
      report.mistakes.map { mistake in
        let score = mistake.score.map { " \(Double($0).fixed(4))" } ?? ""
        let verdict = """
          <b>\(HTML.name(report.labels[mistake.predictedLabel]))</b>\(score), in truth \
          <b>\(HTML.name(report.labels[mistake.trueLabel]))</b>
          """
        return PageParts.entry(
          verdict: verdict, row: mistake.row, text: mistake.text, pair: mistake.pair)
      })
  }
}
