import Cloud4Bert

/// Two models on the same texts as one web page that needs nothing else.
struct ComparisonPage {
  let result: EvaluationResult

  private var names: [String] { result.models.map(\.name) }

  var text: String {
    let sections = [
      PageParts.section("The figures", figures), PageParts.section("Where they differ", test),
      PageParts.section("F1 by label", labels),
      PageParts.section("Answers above a threshold", coverage),
      PageParts.section("Precision and recall by label", curves),
      PageParts.section("Texts of which only one is right", differing),
    ]
    let title = names.joined(separator: " and ")
    return HTML.page(
      title: "Evaluation of \(title)",
      """
      <header>
      <h1>Two models side by side</h1>
      <p><b>\(HTML.escaped(names[0]))</b> and <b>\(HTML.escaped(names[1]))</b> on \
      \(PageParts.count(result.models[0].count, "text", "texts")) of \
      <b>\(HTML.escaped(result.input))</b>.</p>
      \(result.facts.list)
      </header>
      \(keyFigures)
      \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
      \(PageParts.footer)
      """)
  }

  private var keyFigures: String {
    var entries = result.models.map { model in
      let value = model.figures.first { $0.name == model.intervalName }?.value ?? 0
      let figure = model.intervalName.prefix(1).uppercased() + model.intervalName.dropFirst()
      return (
        name: "\(figure), \(model.name)", value: value.fixed(4),
        note: PageParts.text(model.interval)
      )
    }
    if let comparison = result.comparison {
      let interval = comparison.difference.interval
      entries.append(
        (
          "Difference", comparison.difference.value.signed(4),
          "\(interval.level.percent()): \(interval.lower.signed(4)) to "
            + interval.upper.signed(4)
        ))
    }
    return PageParts.keyFigures(entries)
  }

  private var figures: String {
    let rows = zip(result.models[0].figures, result.models[1].figures).map { first, second in
      let cells = [
        first.value.fixed(4), second.value.fixed(4),
        (second.value - first.value).signed(4),
      ].map { "<td>\($0)</td>" }
      return "<tr><th scope=\"row\">\(HTML.escaped(first.name))</th>\(cells.joined())</tr>"
    }
    return """
      <div class="wide" role="region" aria-label="The figures" tabindex="0">
      <table class="numbers">
      <thead><tr><th scope="col"></th>\(heads)<th scope="col">Difference</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var heads: String {
    names.enumerated().map { index, name in
      "<th scope=\"col\">\(SeriesStyle.swatch("\(SeriesStyle.name(index)) area"))"
        + "\(HTML.escaped(name))</th>"
    }.joined()
  }

  private var labels: String {
    let rows = zip(result.models[0].labels, result.models[1].labels).map { first, second in
      let cells = [first, second].enumerated().map { index, label in
        let bar = LabelTable.bar(label.figures.f1, style: "\(SeriesStyle.name(index)) area")
        return "<td>\(label.figures.f1.fixed(3))\(bar)</td>"
      }
      let difference = (second.figures.f1 - first.figures.f1).signed(4)
      return "<tr><th scope=\"row\">\(HTML.escaped(first.name))</th>\(cells.joined())"
        + "<td>\(difference)</td><td>\(first.support.grouped)</td></tr>"
    }
    return """
      <div class="wide" role="region" aria-label="F1 by label" tabindex="0">
      <table class="figures">
      <thead><tr><th scope="col">Label</th>\(heads)<th scope="col">Difference</th>\
      <th scope="col">Support</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var test: String {
    guard let comparison = result.comparison else { return "" }
    let total = Double(max(1, comparison.count))
    let rows = [
      ("Both right", comparison.bothRight), ("Only \(names[0])", comparison.onlyFirstRight),
      ("Only \(names[1])", comparison.onlySecondRight), ("Both wrong", comparison.bothWrong),
    ].map { name, count in
      "<tr><th scope=\"row\">\(HTML.escaped(name))</th><td>\(count.grouped)</td>"
        + "<td>\((Double(count) / total).percent(1))"
        + "\(LabelTable.bar(Double(count) / total))</td></tr>"
    }
    return """
      <p>\(HTML.escaped(ComparisonTables.verdict(comparison).prefix(1).uppercased()
        + ComparisonTables.verdict(comparison).dropFirst())). McNemar’s exact test: p \
      \(ComparisonTables.probability(comparison.mcNemarPValue)). \
      \(PageParts.count(comparison.sameAnswer, "text gets", "texts get")) the same answer from both.</p>
      <div class="wide" role="region" aria-label="Where they differ" tabindex="0">
      <table class="numbers">
      <thead><tr><th scope="col">Right</th><th scope="col">Texts</th><th scope="col">Share</th></tr>\
      </thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var coverage: String {
    let curves = result.models.compactMap { model -> (String, CoverageCurve)? in
      guard case .one(_, let predictions) = model.measurement else { return nil }
      return predictions.coverageCurve.map { (model.name, $0) }
    }
    return curves.count == 2 ? CoveragePlot(curves: curves).text : ""
  }

  private var curves: String {
    let entries = result.models[0].labels.indices.compactMap { id in
      let curves = result.models.compactMap { model -> PrecisionRecallCurve? in
        switch model.measurement {
        case .one(_, let predictions): predictions.precisionRecallCurve(of: id)
        case .several(let report, let hasScores):
          hasScores ? report.precisionRecallCurve(of: id) : nil
        }
      }
      return curves.count == 2
        ? PrecisionRecallPlots.Entry(label: result.models[0].labels[id].name, curves: curves) : nil
    }
    return entries.isEmpty ? "" : PrecisionRecallPlots(entries: entries, models: names).text
  }

  private var differing: String {
    guard !result.differing.isEmpty else { return "" }
    return PageParts.list(
      result.differing.map { entry in
        let answers = zip(names, entry.answers).map { name, answer in
          "\(HTML.escaped(name)): <b>\(HTML.escaped(answer))</b>"
        }
        let verdict =
          "\(answers.joined(separator: ", ")); in truth <b>\(HTML.escaped(entry.truth))</b>"
        return PageParts.entry(verdict: verdict, row: entry.row, text: entry.text, pair: entry.pair)
      })
  }
}
