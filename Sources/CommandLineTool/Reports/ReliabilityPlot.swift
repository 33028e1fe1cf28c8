import Cloud4Bert

/// How often the model is right, by how sure it says it is: a bar for each range of the top score, the
/// paler the fewer texts it stands for, and below how many those are.
struct ReliabilityPlot {
  let report: ClassificationReport

  // In units of the drawing.
  private static let left = 44.0
  private static let top = 12.0
  private static let side = 300.0
  private static let countTop = 342.0
  private static let countHeight = 44.0

  var text: String {
    let bins = report.calibrationBins
    let width = Self.side / Double(bins.count)
    let most = Double(max(1, bins.map(\.count).max() ?? 0))
    var drawing = ""
    for tick in [0.0, 0.25, 0.5, 0.75, 1] {
      let (x, y) = (Self.x(tick), Self.y(tick))
      drawing += SVG.line("grid", Self.left, y, Self.left + Self.side, y)
      drawing += SVG.text(tick.fixed(2), Self.left - 6, y + 4, anchor: .end)
      drawing += SVG.text(
        tick.fixed(2), x, Self.countTop + Self.countHeight + 16, anchor: .middle)
    }
    for (index, bin) in bins.enumerated() where bin.count > 0 {
      let x = Self.left + Double(index) * width
      // Where none is right a line still tells that there are texts.
      let high = max(1, bin.accuracy * Self.side)
      drawing += SVG.rectangle(
        "fill", x + 1, Self.y(0) - high, width - 2, high, opacity: Self.opacity(bin, most))
      let tall = max(1, Double(bin.count) / most * Self.countHeight)
      drawing += SVG.rectangle(
        "count", x + 1, Self.countTop + Self.countHeight - tall, width - 2, tall)
      drawing += SVG.text(
        bin.count.abbreviated, x + width / 2, Self.countTop + Self.countHeight - tall - 3,
        anchor: .middle, style: "tiny")
    }
    drawing += SVG.line("ideal", Self.x(0), Self.y(0), Self.x(1), Self.y(1))
    drawing += SVG.line("axis", Self.x(0), Self.y(0), Self.x(1), Self.y(0))
    let countBottom = Self.countTop + Self.countHeight
    drawing += SVG.line("axis", Self.x(0), countBottom, Self.x(1), countBottom)
    drawing += SVG.text("top score", Self.x(0.5), 418, anchor: .middle)
    let plot = SVG.plot(
      id: "plot", title: "Share of right answers by top score", inWords: inWords, width: 366,
      height: 422, drawing)
    return """
      <p>Above: the share of right answers by the top score, in \(bins.count) equal ranges. On the \
      dashed line a score is as good as its word; below it the model is too sure of itself. Below: \
      how many texts; a bar of few is pale, as chance has much to say in it. The calibration error, \(report.expectedCalibrationError.fixed(4)), is the \
      mean distance between score and share of right answers, over the texts.</p>
      \(plot)
      <details>
      <summary>The numbers of the plot</summary>
      <div class="wide" role="region" aria-label="Calibration" tabindex="0">
      <table>
      <thead><tr><th scope="col">Top score</th><th scope="col">Texts</th>\
      <th scope="col">Mean score</th><th scope="col">Right</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      </details>
      """
  }

  private var rows: [String] {
    filled.map { range, bin in
      "<tr><th scope=\"row\">\(range)</th><td>\(bin.count.grouped)</td>"
        + "<td>\(bin.meanScore.fixed(3))</td><td>\(bin.accuracy.fixed(3))</td></tr>"
    }
  }

  private var inWords: String {
    filled.map { range, bin in
      "score \(range): \(bin.count) texts, \(bin.accuracy.percent()) right"
    }.joined(separator: "; ")
  }

  /// The ranges that have texts, with their names.
  private var filled: [(range: String, bin: ClassificationReport.CalibrationBin)] {
    let count = Double(report.calibrationBins.count)
    return report.calibrationBins.enumerated().filter { $1.count > 0 }.map { index, bin in
      ("\((Double(index) / count).fixed(2)) to \((Double(index + 1) / count).fixed(2))", bin)
    }
  }

  private static func opacity(
    _ bin: ClassificationReport.CalibrationBin, _ most: Double
  ) -> Double {
    0.25 + 0.75 * (Double(bin.count) / most).squareRoot()
  }

  private static func x(_ share: Double) -> Double { left + share * side }
  private static func y(_ share: Double) -> Double { top + (1 - share) * side }
}
