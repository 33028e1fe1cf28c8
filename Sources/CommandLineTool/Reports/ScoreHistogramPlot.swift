/// How many texts got which top score, right answers below wrong ones.
struct ScoreHistogramPlot {
  /// By equal ranges of the score.
  let bins: [(right: Int, wrong: Int)]

  // In units of the drawing.
  private static let (left, top, width, height) = (52.0, 16.0, 296.0, 170.0)

  var text: String {
    let bottom = Self.top + Self.height
    let most = max(1, bins.map { $0.right + $0.wrong }.max() ?? 0)
    let scale = Self.height / Double(most)
    let width = Self.width / Double(bins.count)
    var drawing = ""
    for count in stride(from: 0, through: most, by: Self.step(upTo: most)) {
      let y = bottom - Double(count) * scale
      drawing += SVG.line("grid", Self.left, y, Self.left + Self.width, y)
      drawing += SVG.text(count.grouped, Self.left - 6, y + 4, anchor: .end)
    }
    for share in [0.0, 0.25, 0.5, 0.75, 1] {
      drawing += SVG.text(
        share.fixed(2), Self.left + share * Self.width, bottom + 16, anchor: .middle)
    }
    for (index, bin) in bins.enumerated() {
      let x = Self.left + Double(index) * width
      var y = bottom
      for (count, style) in [(bin.right, "c1 area"), (bin.wrong, "c2 area")] where count > 0 {
        // A single text of a million still shows.
        let high = max(1, Double(count) * scale)
        y -= high
        drawing += SVG.rectangle(style, x + 0.5, y, width - 1, high)
      }
    }
    drawing += SVG.line("axis", Self.left, bottom, Self.left + Self.width, bottom)
    drawing += SVG.text(
      "top score", Self.left + Self.width / 2, bottom + 34, anchor: .middle)
    let (right, wrong) = bins.reduce((0, 0)) { ($0.0 + $1.right, $0.1 + $1.wrong) }
    let names = [
      "right (\(right.grouped))", "wrong (\(wrong.grouped))",
    ]
    return """
      <p>How many texts got which top score. Wrong answers far to the right are those that a \
      threshold cannot catch.</p>
      \(SeriesStyle.legend(names))\
      \(SVG.plot(
        id: "histogram", title: "Texts by top score", inWords: inWords, width: 366,
        height: bottom + 42, drawing))
      """
  }

  /// A round number that parts what there is into two to five.
  private static func step(upTo most: Int) -> Int {
    var step = 1
    while true {
      for factor in [1, 2, 5] where most / (factor * step) <= 5 { return factor * step }
      step *= 10
    }
  }

  private var inWords: String {
    bins.enumerated().filter { $1.right + $1.wrong > 0 }.map { index, bin in
      let ends = [index, index + 1].map { (Double($0) / Double(bins.count)).fixed(2) }
      return "score \(ends[0]) to \(ends[1]): \(bin.right) right, \(bin.wrong) wrong"
    }.joined(separator: "; ")
  }
}
