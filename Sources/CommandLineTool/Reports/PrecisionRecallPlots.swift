import Cloud4Bert

/// A small plot of precision by recall for each label.
struct PrecisionRecallPlots {
  /// A label, with a curve for each model.
  struct Entry {
    let label: String
    let curves: [PrecisionRecallCurve]
    /// The threshold at which the label is given, where it has one.
    var threshold: Float?
  }

  let entries: [Entry]
  let models: [String]

  /// More curves than a person looks at.
  static let limit = 60

  // In units of the drawing.
  private static let (left, top, side) = (30.0, 8.0, 130.0)

  var text: String {
    let shown = entries.filter { $0.curves.contains { $0.support > 0 } }
    guard !shown.isEmpty else { return "<p>None: no text has any of the labels.</p>" }
    let figures = shown.prefix(Self.limit).enumerated().map { figure($0, $1) }
    var more: [String] = []
    if shown.count > Self.limit {
      more.append("Of \(shown.count) labels the \(Self.limit) first are shown.")
    }
    let missing = entries.count - shown.count
    if missing > 0 {
      more.append("\(missing) label\(missing == 1 ? "" : "s") that no text has left out.")
    }
    let hasThresholds = entries.contains { $0.threshold != nil }
    return """
      <p>Each label's score against all others: as the threshold falls, more of the label's texts \
      are found (to the right), and more others with them (down). AP is the average precision, 1 at \
      best; the dashed line is what guessing gives.\
      \(hasThresholds ? " The dot is the threshold in use, the ring the one of the highest F1." : "")\
       \(more.joined(separator: " "))</p>
      \(SeriesStyle.legend(models))\
      <div class="small-plots">
      \(figures.joined(separator: "\n"))
      </div>
      """
  }

  private func figure(_ number: Int, _ entry: Entry) -> String {
    func x(_ recall: Double) -> Double { Self.left + recall * Self.side }
    func y(_ precision: Double) -> Double { Self.top + (1 - precision) * Self.side }
    var drawing = ""
    for share in [0.0, 0.5, 1] {
      drawing += SVG.line("grid", x(0), y(share), x(1), y(share))
      drawing += SVG.line("grid", x(share), y(0), x(share), y(1))
      drawing += SVG.text(share.fixed(1), x(0) - 5, y(share) + 4, anchor: .end)
      drawing += SVG.text(share.fixed(1), x(share), y(0) + 15, anchor: .middle)
    }
    for (index, curve) in entry.curves.enumerated() where curve.support > 0 {
      let series = SeriesStyle.name(index)
      if index == 0, let total = curve.points.last?.predicted, total > 0 {
        let guess = y(Double(curve.support) / Double(total))
        drawing += SVG.line("guess", x(0), guess, x(1), guess)
      }
      drawing += SVG.polyline("\(series) curve", Self.steps(curve, x, y))
      guard let threshold = entry.threshold else { continue }
      if let best = curve.best {
        drawing += SVG.circle("\(series) ring", x(best.recall), y(best.precision), radius: 5)
      }
      if let point = curve.points.last(where: { $0.threshold > threshold }) {
        drawing += SVG.circle("\(series) area", x(point.recall), y(point.precision), radius: 3.5)
      }
    }
    let averages = entry.curves.map { $0.averagePrecision.fixed(3) }
    let support = entry.curves.map(\.support).max() ?? 0
    return """
      <figure>
      <figcaption><b>\(HTML.name(entry.label))</b><br>AP \(averages.joined(separator: ", ")), \
      \(support.grouped) text\(support == 1 ? "" : "s")</figcaption>
      \(SVG.plot(
        id: "curve-\(number)", title: "Precision by recall of \(entry.label)",
        inWords: "average precision \(averages.joined(separator: ", "))", width: 176, height: 160,
        drawing))
      </figure>
      """
  }

  /// The curve from the top left, thinned to as many points as can be told apart.
  private static func steps(
    _ curve: PrecisionRecallCurve, _ x: (Double) -> Double, _ y: (Double) -> Double
  ) -> [(x: Double, y: Double)] {
    var points: [(x: Double, y: Double)] = []
    guard let first = curve.points.first else { return [] }
    points.append((x(0), y(first.precision)))
    for (index, point) in curve.points.enumerated() {
      let place = (x: x(point.recall), y: y(point.precision))
      let last = points[points.count - 1]
      let isFar = abs(place.x - last.x) + abs(place.y - last.y) > 0.7
      if isFar || index == curve.points.count - 1 { points.append(place) }
      // What comes after full recall only goes down.
      if point.truePositives == curve.support { break }
    }
    return points
  }
}
