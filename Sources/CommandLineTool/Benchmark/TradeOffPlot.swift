/// What speed costs: the models' texts a second against how good they are, or how large.
struct TradeOffPlot {
  let title: String
  private let report: BenchmarkReport
  private let measure: Measure
  private let values: [Double]

  private enum Measure {
    case weightedF1, agreement, parameters
  }

  // In units of the drawing.
  private static let left = 48.0
  private static let top = 12.0
  private static let width = 300.0
  private static let height = 200.0

  /// Nil for a single model.
  init?(report: BenchmarkReport) {
    guard report.models.count > 1 else { return nil }
    self.report = report
    let f1 = report.models.compactMap(\.weightedF1)
    let agreement = [1] + report.models.compactMap(\.agreement)
    if f1.count == report.models.count {
      (title, measure, values) = ("Speed and quality", .weightedF1, f1)
    } else if agreement.count == report.models.count {
      (title, measure, values) = ("Speed and agreement", .agreement, agreement)
    } else {
      title = "Speed and size"
      measure = .parameters
      values = report.models.map { Double($0.opened.parameters) }
    }
  }

  var text: String {
    let bottom = Self.top + Self.height
    let speed = LogarithmicAxis(
      report.models.map(\.textsPerSecond), start: Self.left, length: Self.width)
    var drawing = ""
    for tick in speed.ticks {
      let x = speed.place(tick)
      drawing += SVG.line("grid", x, Self.top, x, bottom)
      drawing += SVG.text(LogarithmicAxis.label(tick), x, bottom + 18, anchor: .middle)
    }
    let heights = heights(bottom)
    for (label, y) in heights.ticks {
      drawing += SVG.line("grid", Self.left, y, Self.left + Self.width, y)
      drawing += SVG.text(label, Self.left - 6, y + 4, anchor: .end)
    }
    for mark in speed.marks {
      drawing += SVG.line("mark", speed.place(mark), bottom, speed.place(mark), bottom + 4)
    }
    let radius = 7.0
    let dots = zip(report.models, heights.places).map { (x: speed.place($0.textsPerSecond), y: $1) }
    var labels = PlotLabels(
      left: Self.left, right: Self.left + Self.width + 16, top: 0, bottom: bottom)
    for (index, dot) in dots.enumerated() {
      drawing += SVG.circle("\(SeriesStyle.name(index)) area", dot.x, dot.y, radius: radius)
      labels.keepOff(dot.x, dot.y, radius: radius)
    }
    for (figures, dot) in zip(report.models, dots) {
      drawing += labels.label(Self.shortened(figures.model.name), dot.x, dot.y, radius: radius)
    }
    drawing += SVG.line("axis", Self.left, bottom, Self.left + Self.width, bottom)
    drawing += SVG.line("axis", Self.left, Self.top, Self.left, bottom)
    drawing += SVG.text(
      "texts a second (logarithmic)", Self.left + Self.width / 2, bottom + 36, anchor: .middle)
    let words = zip(report.models, values).map { figures, value in
      "\(figures.model.name): \(BenchmarkRow.rate(figures.textsPerSecond)) texts a second, "
        + shown(value)
    }
    return """
      <p>\(explanation)</p>
      \(SeriesStyle.legend(report.models.map(\.model.name)))\
      \(SVG.plot(
        id: "trade-off", title: title, inWords: words.joined(separator: "; "), width: 366,
        height: bottom + 42, drawing))
      """
  }

  /// A name that fits beside a point.
  private static func shortened(_ name: String) -> String {
    name.count > 22 ? name.prefix(21) + "…" : name
  }

  private var explanation: String {
    switch measure {
    case .weightedF1: "Up: weighted F1 on these texts. To the right: texts a second."
    case .agreement:
      """
      Up: the share of texts that get the same label as from \
      \(HTML.escaped(report.models[0].model.name)). To the right: texts a second.
      """
    case .parameters: "Up: parameters. To the right: texts a second."
    }
  }

  private func shown(_ value: Double) -> String {
    switch measure {
    case .weightedF1: "weighted F1 \(value.fixed(4))"
    case .agreement: "\(value.percent(1)) the same label"
    case .parameters: "\(BenchmarkRow.millions(Int(value))) parameters"
    }
  }

  private func heights(_ bottom: Double) -> (ticks: [(String, Double)], places: [Double]) {
    if measure == .parameters {
      let axis = LogarithmicAxis(values, start: bottom, length: -Self.height)
      return (
        axis.ticks.map { (LogarithmicAxis.label($0), axis.place($0)) }, values.map(axis.place)
      )
    }
    // From a round share below the worst to 1.
    let least = max(0, (((values.min() ?? 0) - 0.02) * 10).rounded(.down) / 10)
    let place = { (value: Double) in bottom - (value - least) / (1 - least) * Self.height }
    let ticks = stride(from: 0.0, through: 1, by: 0.25).map { least + $0 * (1 - least) }
    return (ticks.map { ($0.fixed(3), place($0)) }, values.map(place))
  }
}
