import Cloud4Bert

/// A report as one web page that needs nothing else: styles and plots are in it, and no script.
struct EvaluationPage {
  let report: ClassificationReport
  let input: String
  let model: String

  var text: String {
    HTML.page(
      title: "Evaluation of \(model)",
      """
      <header>
      <h1>Evaluation</h1>
      <p>The model <b>\(HTML.escaped(model))</b> on \(ProgressLine.grouped(report.count)) \
      \(report.count == 1 ? "text" : "texts") of <b>\(HTML.escaped(input))</b>: \
      \(ProgressLine.grouped(report.correct)) given the true label.</p>
      </header>
      \(keyFigures)
      <section>
      <h2>By label</h2>
      \(labelTable)
      </section>
      <section>
      <h2>Confusion matrix</h2>
      \(confusions)
      </section>
      <section>
      <h2>Calibration</h2>
      \(ReliabilityPlot(report: report).text)
      </section>
      <section>
      <h2>Most confident mistakes</h2>
      \(mistakes)
      </section>
      <footer>Written by <code>cloud4bert evaluate</code>. Figures as scikit-learn computes them, \
      a ratio to 0 being 0.</footer>
      """)
  }

  private var keyFigures: String {
    let weighted = report.weighted
    let entries = [
      ("Weighted recall", weighted.recall), ("Weighted precision", weighted.precision),
      ("Weighted F1", weighted.f1), ("Accuracy", report.accuracy),
      ("Matthews correlation", report.matthewsCorrelation),
      ("Calibration error", report.expectedCalibrationError),
    ].map { "<div><dt>\($0)</dt><dd>\($1.fixed(4))</dd></div>" }
    return "<dl class=\"key\">\n\(entries.joined(separator: "\n"))\n</dl>"
  }

  private var labelTable: String {
    func row(_ name: String, _ figures: ClassificationReport.Figures, _ support: Int) -> String {
      let cells = [figures.precision, figures.recall, figures.f1].map { value in
        "<td>\(value.fixed(3))<svg class=\"bar\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
          + "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"6\"/>"
          + "<rect class=\"fill\" width=\"\((value * 100).fixed(2))\" height=\"6\"/></svg></td>"
      }
      return "<tr><th scope=\"row\">\(HTML.escaped(name))</th>\(cells.joined())"
        + "<td>\(ProgressLine.grouped(support))</td></tr>"
    }
    let labels = report.perClass.map { row($0.label, $0.figures, $0.support) }
    let averages = [
      row("macro average", report.macro, report.count),
      row("micro average", report.micro, report.count),
      row("weighted average", report.weighted, report.count),
    ]
    return """
      <div class="wide" role="region" aria-label="Figures by label" tabindex="0">
      <table class="figures">
      <thead><tr><th scope="col">Label</th><th scope="col">Precision</th>\
      <th scope="col">Recall</th><th scope="col">F1</th><th scope="col">Support</th></tr></thead>
      <tbody>
      \(labels.joined(separator: "\n"))
      </tbody>
      <tbody class="averages">
      \(averages.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var confusions: String {
    // Past this many labels nobody finds a cell, and the page gets slow.
    guard report.labels.count <= 40 else { return frequentConfusions }
    let rows = zip(report.labels, report.confusionMatrix).map { label, counts in
      let support = max(1, counts.reduce(0, +))
      let cells = counts.map { count in
        let share = Double(count) / Double(support)
        return "<td style=\"--share:\((share * 100).fixed(1))%\">"
          + "\(ProgressLine.grouped(count))<small>\((share * 100).fixed(0)) %</small></td>"
      }
      return "<tr><th scope=\"row\">\(HTML.escaped(label))</th>\(cells.joined())</tr>"
    }
    let names = report.labels.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }
    return """
      <p>Rows are true labels, columns predicted ones; the share is that of the row.</p>
      <div class="wide" role="region" aria-label="Confusion matrix" tabindex="0">
      <table class="heat">
      <thead><tr><th scope="col">True \\ predicted</th>\(names.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var frequentConfusions: String {
    let rows = report.mostFrequentConfusions(40).map { confusion in
      "<tr><td>\(HTML.escaped(report.labels[confusion.trueLabel]))</td>"
        + "<td>\(HTML.escaped(report.labels[confusion.predictedLabel]))</td>"
        + "<td>\(ProgressLine.grouped(confusion.count))</td></tr>"
    }
    return """
      <p>The labels most often taken for each other; <code>--json</code> has the whole matrix of \
      \(report.labels.count) labels.</p>
      <div class="wide" role="region" aria-label="Most frequent confusions" tabindex="0">
      <table class="list">
      <thead><tr><th scope="col">True</th><th scope="col">Predicted</th>\
      <th scope="col">Texts</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var mistakes: String {
    if report.correct == report.count { return "<p>None: every text got its true label.</p>" }
    if report.mistakes.isEmpty { return "<p>Not asked for.</p>" }
    let entries = report.mistakes.map { mistake in
      let pair = mistake.pair.map { "<p class=\"text\" dir=\"auto\">\(excerpt($0))</p>" } ?? ""
      return """
        <li>
        <p class="verdict"><b>\(HTML.escaped(report.labels[mistake.predictedLabel]))</b> \
        \(Double(mistake.score).fixed(4)), in truth \
        <b>\(HTML.escaped(report.labels[mistake.trueLabel]))</b> \
        <span class="row">(row \(mistake.row))</span></p>
        <p class="text" dir="auto">\(excerpt(mistake.text))</p>\(pair)
        </li>
        """
    }
    return "<ol class=\"mistakes\">\n\(entries.joined(separator: "\n"))\n</ol>"
  }

  /// A page is for reading: of a very long text the beginning is enough.
  private func excerpt(_ text: String) -> String {
    let limit = 1000
    return HTML.escaped(String(text.prefix(limit))) + (text.dropFirst(limit).isEmpty ? "" : "…")
  }
}
