import Cloud4Bert

/// A report of texts with any number of labels as one web page that needs nothing else.
struct MultiLabelPage {
  let report: MultiLabelReport
  /// Whether the labels came with scores.
  let hasScores: Bool
  /// Of the micro F1.
  var interval: ConfidenceInterval?
  let input: String
  let model: String
  let facts: RunFacts

  var text: String {
    let sections = [
      PageParts.section("By label", labelTable),
      PageParts.section("Precision, recall and thresholds", hasScores ? curves : ""),
      PageParts.section(hasScores ? "Most confident mistakes" : "Mistakes", mistakes),
    ]
    return HTML.page(
      title: "Evaluation of \(model)",
      """
      <header>
      <h1>Evaluation</h1>
      <p><b>\(HTML.escaped(model))</b> on \(PageParts.count(report.count, "text", "texts")) of \
      <b>\(HTML.escaped(input))</b>, with \(report.labelsPerText.fixed(2)) labels each: \
      \(report.exactMatches.grouped) given just their true labels.</p>
      \(facts.list)
      </header>
      \(keyFigures)
      \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
      \(PageParts.footer)
      """)
  }

  private var keyFigures: String {
    PageParts.keyFigures([
      ("Micro precision", report.micro.precision.fixed(4), ""),
      ("Micro recall", report.micro.recall.fixed(4), ""),
      ("Micro F1", report.micro.f1.fixed(4), PageParts.text(interval)),
      ("Macro F1", report.macro.f1.fixed(4), ""),
      ("All labels right", report.subsetAccuracy.fixed(4), ""),
      ("Hamming loss", report.hammingLoss.fixed(4), ""),
    ])
  }

  private var labelTable: String {
    let labels = report.perLabel
    let support = labels.reduce(0) { $0 + $1.support }
    return LabelTable(
      labels: labels.map { ($0.label, $0.figures, $0.support) },
      averages: [
        ("micro average", report.micro, support), ("macro average", report.macro, support),
        ("weighted average", report.weighted, support),
        ("samples average", report.samples, support),
      ]
    ).text
  }

  private var curves: String {
    let labels = report.perLabel
    let curves = labels.indices.map { report.precisionRecallCurve(of: $0) }
    let rows = zip(labels, curves).map { label, curve in
      let cells = [
        curve.averagePrecision.fixed(3), Double(label.threshold).fixed(3),
        label.figures.f1.fixed(3),
        curve.bestThreshold.map { Double($0).fixed(3) } ?? "-",
        curve.best?.f1.fixed(3) ?? "-",
      ].map { "<td>\($0)</td>" }
      return "<tr><th scope=\"row\">\(HTML.name(label.label))</th>\(cells.joined())</tr>"
    }
    let entries = zip(labels, curves).map { label, curve in
      PrecisionRecallPlots.Entry(label: label.label, curves: [curve], threshold: label.threshold)
    }
    return """
      \(PrecisionRecallPlots(entries: Array(entries), models: [model]).text)
      <p>The best threshold is the one with the highest F1 on these texts: choose thresholds on texts \
      that you do not measure on.</p>
      <div class="wide" role="region" aria-label="Thresholds" tabindex="0">
      <table class="numbers">
      <thead><tr><th scope="col">Label</th><th scope="col">Average precision</th>\
      <th scope="col">Threshold</th><th scope="col">F1</th><th scope="col">Best threshold</th>\
      <th scope="col">F1 there</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var mistakes: String {
    if report.exactMatches == report.count {
      return "<p>None: every text got just its true labels.</p>"
    }
    if report.mistakes.isEmpty { return "<p>Not asked for.</p>" }
    return PageParts.list(
      report.mistakes.map { mistake in
        let label = HTML.name(report.labels[mistake.label])
        let score = hasScores ? " \(Double(mistake.score).fixed(4))" : ""
        let verdict =
          mistake.isMissing
          ? "<b>\(label)</b> missed\(score)" : "<b>\(label)</b> given wrongly\(score)"
        return PageParts.entry(
          verdict: verdict, row: mistake.row, text: mistake.text, pair: mistake.pair)
      })
  }
}
