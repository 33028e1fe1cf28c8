/// The labels of a plot's dots, of which none stands on another or on a dot, or leaves the drawing. One that
/// finds no place is left out: the colours have a legend, and the figures a table.
struct PlotLabels {
  /// Where a label may stand, as seen from its dot.
  enum Place: CaseIterable {
    case right, left, above, below, aboveRight, aboveLeft, belowRight, belowLeft
  }

  private struct Box {
    var left, right, top, bottom: Double

    /// Also where they are so close, side by side, that two numbers read as one.
    func meets(_ other: Box) -> Bool {
      left < other.right + 3 && other.left < right + 3 && top < other.bottom && other.top < bottom
    }
  }

  private let bounds: Box
  private var taken: [Box] = []

  init(left: Double, right: Double, top: Double, bottom: Double) {
    bounds = Box(left: left, right: right, top: top, bottom: bottom)
  }

  /// Keeps labels off a dot. All dots come before the first label.
  mutating func keepOff(_ x: Double, _ y: Double, radius: Double) {
    taken.append(Box(left: x - radius, right: x + radius, top: y - radius, bottom: y + radius))
  }

  /// The label of a dot at the first place that is free, those preferred before the others; empty where
  /// there is none.
  mutating func label(
    _ text: String, _ x: Double, _ y: Double, radius: Double, preferring places: [Place] = []
  ) -> String {
    for place in places + Place.allCases {
      let (column, anchor): (Double, SVG.Anchor) =
        switch place {
        case .right: (x + radius + 4, .start)
        case .left: (x - radius - 4, .end)
        case .above, .below: (x, .middle)
        case .aboveRight, .belowRight: (x + radius, .start)
        case .aboveLeft, .belowLeft: (x - radius, .end)
        }
      let base: Double =
        switch place {
        case .right, .left: y + 4
        case .above, .aboveRight, .aboveLeft: y - radius - 4
        case .below, .belowRight, .belowLeft: y + radius + 12
        }
      let box = Self.box(of: text, column, base, anchor)
      guard box.left >= bounds.left, box.right <= bounds.right, box.top >= bounds.top,
        box.bottom <= bounds.bottom, !taken.contains(where: box.meets)
      else { continue }
      taken.append(box)
      return SVG.text(text, column, base, anchor: anchor, style: "halo")
    }
    return ""
  }

  /// What a text of 12 units takes, in a wide font.
  private static func box(
    of text: String, _ x: Double, _ base: Double, _ anchor: SVG.Anchor
  ) -> Box {
    let width = 7.2 * Double(text.terminalColumns)
    let left: Double =
      switch anchor {
      case .start: x
      case .middle: x - width / 2
      case .end: x - width
      }
    return Box(left: left, right: left + width, top: base - 10, bottom: base + 3)
  }
}
