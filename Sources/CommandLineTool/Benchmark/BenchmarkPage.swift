/// A benchmark as one web page that needs nothing else.
struct BenchmarkPage {
  let report: BenchmarkReport

  var text: String {
    let names = report.models.map { HTML.escaped($0.model.name) }.joined(separator: ", ")
    let texts = report.textCount == 1 ? "text" : "texts"
    return HTML.page(
      title: "Benchmark of \(report.models.map(\.model.name).joined(separator: ", "))",
      """
      <header>
      <h1>Benchmark</h1>
      <p>\(report.models.count == 1 ? "The model" : "The models") <b>\(names)</b> on \
      \(report.textCount.grouped) \(texts) of <b>\(HTML.escaped(report.file))</b>: \
      \(report.rounds) round\(report.rounds == 1 ? "" : "s"), \
      \(report.threads) thread\(report.threads == 1 ? "" : "s"), \
      \(report.batchTokens.grouped) tokens a batch.</p>
      \(facts.list)
      </header>
      \(keyFigures)
      \(notes)
      <section>
      <h2>Throughput</h2>
      \(ThroughputPlot(report: report).text)
      </section>
      <section>
      <h2>Time of a single text</h2>
      \(LatencyPlot(report: report).text)
      </section>
      \(tradeOff)
      \(profiles)
      <section>
      <h2>The figures</h2>
      \(table)
      </section>
      <footer>Written by <code>cloud4bert bench</code>. A model's figures are medians over the \
      rounds, in which the models take turns; speed-up and agreement are over and with the first, \
      score differences from its scores; memory is that of a process with the one model.</footer>
      """)
  }

  private var facts: RunFacts {
    var precisions: [String] = []
    for opened in report.models.map(\.opened) {
      let precision = "\(opened.precision) by \(opened.kernel)"
      if !precisions.contains(precision) { precisions.append(precision) }
    }
    return RunFacts(
      models: report.models.map { figures in
        let opened = figures.opened
        return "\(figures.model.name) (\(opened.layers) layers x \(opened.hiddenSize)"
          + "\(figures.model.isRandom ? ", random weights" : ""))"
      },
      precision: precisions.joined(separator: ", "), threads: report.threads)
  }

  private var keyFigures: String {
    let first = report.models[0]
    var entries: [(String, String)] = []
    if let other = report.models.dropFirst().first, report.models.count == 2 {
      entries = [("Texts/s, \(first.model.name)", BenchmarkRow.rate(first.textsPerSecond))]
      entries.append(("Texts/s, \(other.model.name)", BenchmarkRow.rate(other.textsPerSecond)))
      if let speedup = other.speedup { entries.append(("Speed-up", "\(speedup.fixed(2)) x")) }
      if let agreement = other.agreement {
        entries.append(("Same label", "\(agreement.percent(1))"))
      }
      for figures in [first, other] {
        if let f1 = figures.weightedF1 {
          entries.append(("Weighted F1, \(figures.model.name)", f1.fixed(4)))
        }
      }
    } else {
      let fastest = report.models.max { $0.textsPerSecond < $1.textsPerSecond } ?? first
      let name = report.models.count == 1 ? "" : ", \(fastest.model.name)"
      entries = [
        ("Texts/s\(name)", BenchmarkRow.rate(fastest.textsPerSecond)),
        ("Tokens/s\(name)", BenchmarkRow.rate(fastest.tokensPerSecond)),
        ("One text, median\(name)", BenchmarkRow.milliseconds(fastest.latencies.median)),
      ]
    }
    let items = entries.map { "<div><dt>\(HTML.escaped($0))</dt><dd>\($1)</dd></div>" }
    return "<dl class=\"key\">\n\(items.joined(separator: "\n"))\n</dl>"
  }

  private var notes: String {
    guard !report.notes.isEmpty else { return "" }
    let entries = report.notes.map { note in
      "<p>\(HTML.escaped(note).replacing(/--[a-z][a-z-]*/) { "<code>\($0.output)</code>" })</p>"
    }
    return "<section>\n<h2>Notes</h2>\n\(entries.joined(separator: "\n"))\n</section>"
  }

  private var tradeOff: String {
    guard let plot = TradeOffPlot(report: report) else { return "" }
    return "<section>\n<h2>\(plot.title)</h2>\n\(plot.text)\n</section>"
  }

  private var profiles: String {
    guard report.models.contains(where: { $0.profile != nil }) else { return "" }
    return """
      <section>
      <h2>Where the time goes</h2>
      \(ProfilePlot(report: report).text)
      </section>
      """
  }

  private var table: String {
    let head = report.models.map { "<th scope=\"col\">\(HTML.escaped($0.model.name))</th>" }
    let rows = BenchmarkRow.rows(of: report).map { row in
      let cells = report.models.map { "<td>\(HTML.escaped(row.value($0) ?? "-"))</td>" }
      return "<tr><th scope=\"row\">\(HTML.escaped(row.name))</th>\(cells.joined())</tr>"
    }
    return """
      <div class="wide" role="region" aria-label="The figures" tabindex="0">
      <table class="numbers">
      <thead><tr><th scope="col"></th>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }
}

/// The colours of the models, by their order.
enum SeriesStyle {
  static func name(_ index: Int) -> String { "c\(index % 8 + 1)" }

  /// What colour is whose, where there are several.
  static func legend(_ names: [String]) -> String {
    guard names.count > 1 else { return "" }
    let items = names.enumerated().map { index, name in
      "<li>\(swatch("\(Self.name(index)) area"))\(HTML.escaped(name))</li>"
    }
    return "<ul class=\"legend\">\n\(items.joined(separator: "\n"))\n</ul>\n"
  }

  static func swatch(_ style: String) -> String {
    "<svg class=\"swatch\" viewBox=\"0 0 16 8\" aria-hidden=\"true\">"
      + "<rect class=\"\(style)\" width=\"16\" height=\"8\"/></svg>"
  }
}
