import Cloud4Bert

/// How right a model is on the texts that it is sure of, by how many those are.
struct CoveragePlot {
  let curves: [(name: String, curve: CoverageCurve)]

  // In units of the drawing.
  private static let (left, top, width, height) = (50.0, 26.0, 294.0, 220.0)
  /// Thresholds that are told.
  private static let thresholds: [Float] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
  /// Of these the ones with a mark on the curve, as more would stand on each other.
  private static let marked: Set<Float> = [0.5, 0.8, 0.9, 0.95, 0.99]

  var text: String {
    let bottom = Self.top + Self.height
    // From a round share below the worst to 1; of the first few texts the share says little.
    let worst =
      curves.flatMap { $0.curve.points }.filter { $0.coverage >= 0.05 }
      .map(\.accuracy).min() ?? 0
    let least = min(0.9, max(0, (worst * 10).rounded(.down) / 10))
    func x(_ share: Double) -> Double { Self.left + share * Self.width }
    func y(_ share: Double) -> Double {
      bottom - (max(least, share) - least) / (1 - least) * Self.height
    }
    var drawing = ""
    for step in 0...4 {
      let share = Double(step) / 4
      let accuracy = least + share * (1 - least)
      drawing += SVG.line("grid", x(0), y(accuracy), x(1), y(accuracy))
      let digits = (accuracy * 1000).rounded().remainder(dividingBy: 10) == 0 ? 0 : 1
      drawing += SVG.text(
        accuracy.percent(digits), x(0) - 6, y(accuracy) + 4, anchor: .end)
      drawing += SVG.text(share.percent(), x(share), bottom + 16, anchor: .middle)
    }
    let radius = 4.0
    var labels = PlotLabels(
      left: Self.left, right: Self.left + Self.width + 22, top: 0, bottom: bottom)
    var dots: [(threshold: Float, x: Double, y: Double)] = []
    for (index, entry) in curves.enumerated() {
      let series = SeriesStyle.name(index)
      let points = Self.thinned(entry.curve.points).map { (x: x($0.coverage), y: y($0.accuracy)) }
      drawing += SVG.polyline("\(series) curve", points)
      for threshold in Self.thresholds.filter(Self.marked.contains) {
        let point = entry.curve.point(at: threshold)
        guard point.covered > 0 else { continue }
        let dot = (threshold, x(point.coverage), y(point.accuracy))
        drawing += SVG.circle("\(series) area", dot.1, dot.2, radius: radius)
        labels.keepOff(dot.1, dot.2, radius: radius)
        dots.append(dot)
      }
    }
    for dot in dots {
      drawing += labels.label(
        Self.text(dot.threshold), dot.x, dot.y, radius: radius,
        preferring: [.above, .aboveRight, .below])
    }
    drawing += SVG.line("axis", x(0), bottom, x(1), bottom)
    drawing += SVG.text("texts answered", x(0.5), bottom + 34, anchor: .middle)
    return """
      <p>Where only answers of a high score are taken, fewer texts are answered (to the left), and \
      more of those answers are right (up). A dot is a threshold on the top score.</p>
      \(SeriesStyle.legend(curves.map(\.name)))\
      \(SVG.plot(
        id: "coverage", title: "Accuracy by share of texts answered", inWords: inWords, width: 366,
        height: bottom + 42, drawing))
      \(table)
      """
  }

  private var table: String {
    let head = curves.map { entry in
      let name = curves.count == 1 ? "" : ", \(HTML.escaped(entry.name))"
      return "<th scope=\"col\">Answered\(name)</th><th scope=\"col\">Right\(name)</th>"
    }
    let rows = Self.thresholds.map { threshold in
      let cells = curves.map { entry in
        let point = entry.curve.point(at: threshold)
        let accuracy = point.covered > 0 ? point.accuracy.percent(1) : "-"
        return "<td>\(point.coverage.percent(1))</td><td>\(accuracy)</td>"
      }
      return "<tr><th scope=\"row\">\(Self.text(threshold))</th>\(cells.joined())</tr>"
    }
    return """
      <div class="wide" role="region" aria-label="Coverage by threshold" tabindex="0">
      <table class="numbers">
      <thead><tr><th scope="col">Threshold</th>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  private var inWords: String {
    curves.map { entry in
      let words = Self.thresholds.map { threshold in
        let point = entry.curve.point(at: threshold)
        return "from \(Self.text(threshold)) on \(point.coverage.percent()) answered, "
          + "\(point.accuracy.percent()) of them right"
      }
      return "\(entry.name): \(words.joined(separator: "; "))"
    }.joined(separator: ". ")
  }

  private static func text(_ threshold: Float) -> String {
    Double(threshold).fixed(2)
  }

  /// As many points as can be told apart, the last among them.
  private static func thinned(_ points: [CoverageCurve.Point]) -> [CoverageCurve.Point] {
    let limit = 250
    guard points.count > limit else { return points }
    return (0..<limit).map { points[$0 * (points.count - 1) / (limit - 1)] }
  }
}
