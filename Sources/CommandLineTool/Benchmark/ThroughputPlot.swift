/// Texts a second of each model: a bar for the median with its number beside it, and below a line from
/// the slowest round to the fastest.
struct ThroughputPlot {
  let report: BenchmarkReport

  // In units of the drawing.
  private static let width = 366.0
  private static let rowHeight = 60.0

  var text: String {
    let most = report.models.map(\.textRates.most).max() ?? 1
    // Room for the number behind the longest bar.
    let scale = (Self.width - 70) / most
    var drawing = ""
    for (index, figures) in report.models.enumerated() {
      let top = Double(index) * Self.rowHeight
      let series = SeriesStyle.name(index)
      let rates = figures.textRates
      drawing += SVG.text(SVG.shortened(figures.model.name), 0, top + 14, style: "name")
      drawing += SVG.rectangle("\(series) area", 0, top + 21, max(1, rates.median * scale), 18)
      if rates.values.count > 1 {
        drawing += SVG.line("whisker", rates.least * scale, top + 46, rates.most * scale, top + 46)
        for end in [rates.least, rates.most] {
          drawing += SVG.line("whisker", end * scale, top + 42, end * scale, top + 50)
        }
      }
      drawing += SVG.text(
        "\(BenchmarkRow.rate(rates.median))/s", rates.median * scale + 6, top + 34, style: "name")
    }
    let words = report.models.map {
      "\($0.model.name): \(BenchmarkRow.rate($0.textsPerSecond)) texts a second"
    }
    return """
      <p>Texts a second, tokenisation included: the median of the rounds, and below it a \
      line from the slowest to the fastest.</p>
      \(SVG.plot(
        id: "throughput", title: "Texts a second", inWords: words.joined(separator: "; "),
        width: Self.width, height: Double(report.models.count) * Self.rowHeight, drawing))
      """
  }
}
