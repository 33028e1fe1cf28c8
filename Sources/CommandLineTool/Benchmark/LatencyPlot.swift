/// How many of the single texts were answered within a time, for each model.
struct LatencyPlot {
  let report: BenchmarkReport

  // In units of the drawing.
  private static let left = 46.0
  private static let top = 12.0
  private static let width = 304.0
  private static let height = 200.0

  var text: String {
    let samples = report.models.map(\.latencies)
    let axis = LogarithmicAxis(
      samples.flatMap { [$0.least * 1000, $0.most * 1000] }, start: Self.left, length: Self.width)
    let bottom = Self.top + Self.height
    var drawing = ""
    for share in [0.0, 0.25, 0.5, 0.75, 1] {
      let y = bottom - share * Self.height
      drawing += SVG.line("grid", Self.left, y, Self.left + Self.width, y)
      drawing += SVG.text("\(share.percent())", Self.left - 6, y + 4, anchor: .end)
    }
    for tick in axis.ticks {
      let x = axis.place(tick)
      drawing += SVG.line("grid", x, Self.top, x, bottom)
      drawing += SVG.text(LogarithmicAxis.label(tick), x, bottom + 18, anchor: .middle)
    }
    let radius = 3.5
    var labels = PlotLabels(
      left: Self.left, right: Self.left + Self.width + 16, top: 0, bottom: bottom)
    var dots: [(label: String, x: Double, y: Double, place: PlotLabels.Place)] = []
    let fastest = samples.map(\.median).min()
    for (index, samples) in samples.enumerated() {
      // As many points as can be told apart.
      let points = stride(from: 0.0, through: 100, by: 1).map { percent in
        (
          x: axis.place(samples.percentile(percent) * 1000),
          y: bottom - percent / 100 * Self.height
        )
      }
      drawing += SVG.polyline("\(SeriesStyle.name(index)) curve", points)
      for percent in [50.0, 90, 99] {
        let (x, y) = (
          axis.place(samples.percentile(percent) * 1000), bottom - percent / 100 * Self.height
        )
        drawing += SVG.circle("\(SeriesStyle.name(index)) area", x, y, radius: radius)
        labels.keepOff(x, y, radius: radius)
        // The 99th is close to the top and to the 90th: its number is in the table.
        guard percent < 99 else { continue }
        // The fastest's on the side where no other curve is.
        dots.append(
          (
            BenchmarkRow.milliseconds(samples.percentile(percent)), x, y,
            samples.median == fastest ? .aboveLeft : .belowRight
          ))
      }
    }
    for dot in dots {
      drawing += labels.label(
        dot.label, dot.x, dot.y, radius: radius, preferring: [dot.place])
    }
    for mark in axis.marks {
      drawing += SVG.line("mark", axis.place(mark), bottom, axis.place(mark), bottom + 4)
    }
    drawing += SVG.line("axis", Self.left, bottom, Self.left + Self.width, bottom)
    drawing += SVG.text(
      "milliseconds (logarithmic)", Self.left + Self.width / 2, bottom + 36, anchor: .middle)
    let words = report.models.map { figures in
      let times = [50.0, 90, 99].map { percent in
        "\(percent.fixed(0)) % within "
          + BenchmarkRow.milliseconds(figures.latencies.percentile(percent))
      }
      return "\(figures.model.name): \(times.joined(separator: ", "))"
    }
    return """
      <p>The share of single texts, one after another with all threads on each, that were answered \
      within a time; dots at 50, 90 and 99 %.</p>
      \(SeriesStyle.legend(report.models.map(\.model.name)))\
      \(SVG.plot(
        id: "latency", title: "Share of texts answered within a time",
        inWords: words.joined(separator: "; "), width: 366, height: bottom + 42, drawing))
      """
  }
}
