/// The shapes that plots are drawn of, as elements of SVG; the style is a class of ``PageStyle``.
enum SVG {
  static func line(
    _ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
  ) -> String {
    "<line class=\"\(style)\" x1=\"\(x1.fixed(1))\" y1=\"\(y1.fixed(1))\" x2=\"\(x2.fixed(1))\" "
      + "y2=\"\(y2.fixed(1))\"/>\n"
  }

  static func rectangle(
    _ style: String, _ x: Double, _ y: Double, _ width: Double, _ height: Double,
    opacity: Double = 1
  ) -> String {
    let opacity = opacity < 1 ? " fill-opacity=\"\(opacity.fixed(2))\"" : ""
    return "<rect class=\"\(style)\" x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" "
      + "width=\"\(width.fixed(1))\" height=\"\(height.fixed(1))\"\(opacity)/>\n"
  }

  static func circle(_ style: String, _ x: Double, _ y: Double, radius: Double) -> String {
    "<circle class=\"\(style)\" cx=\"\(x.fixed(1))\" cy=\"\(y.fixed(1))\" r=\"\(radius.fixed(1))\"/>\n"
  }

  static func polyline(_ style: String, _ points: [(x: Double, y: Double)]) -> String {
    let places = points.map { "\($0.x.fixed(1)),\($0.y.fixed(1))" }.joined(separator: " ")
    return "<polyline class=\"\(style)\" points=\"\(places)\"/>\n"
  }

  /// A name that fits a line of a drawing as wide as a phone.
  static func shortened(_ name: String) -> String {
    name.count > 46 ? name.prefix(45) + "…" : name
  }

  enum Anchor: String {
    case start, middle, end
  }

  /// - Parameter text: Is escaped here.
  static func text(
    _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .start, style: String? = nil
  ) -> String {
    let style = style.map { " class=\"\($0)\"" } ?? ""
    return
      "<text\(style) x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" text-anchor=\"\(anchor.rawValue)\">"
      + "\(HTML.escaped(text))</text>\n"
  }

  /// A plot with its title and, for those who do not see it, what it shows in words. The names of the
  /// two elements begin with `id`, which is on the page once.
  static func plot(
    id: String, title: String, inWords: String, width: Double, height: Double, _ drawing: String
  ) -> String {
    """
    <svg class="plot" role="img" aria-labelledby="\(id)-title \(id)-text" \
    viewBox="0 0 \(width.fixed(0)) \(height.fixed(0))">
    <title id="\(id)-title">\(HTML.escaped(title))</title>
    <desc id="\(id)-text">\(HTML.escaped(inWords))</desc>
    \(drawing)\
    </svg>
    """
  }
}
