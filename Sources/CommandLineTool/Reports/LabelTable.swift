import Cloud4Bert

/// Precision, recall and F1 by label and on average, with bars of one scale.
struct LabelTable {
  typealias Row = (name: String, figures: ClassificationReport.Figures, support: Int)

  let labels: [Row]
  let averages: [Row]

  var text: String {
    """
    <div class="wide" role="region" aria-label="Figures by label" tabindex="0">
    <table class="figures">
    <thead><tr><th scope="col">Label</th><th scope="col">Precision</th>\
    <th scope="col">Recall</th><th scope="col">F1</th><th scope="col">Support</th></tr></thead>
    <tbody>
    \(labels.map(Self.line).joined(separator: "\n"))
    </tbody>
    <tbody class="averages">
    \(averages.map(Self.line).joined(separator: "\n"))
    </tbody>
    </table>
    </div>
    """
  }

  private static func line(_ row: Row) -> String {
    let cells = [row.figures.precision, row.figures.recall, row.figures.f1].map { value in
      "<td>\(value.fixed(3))\(bar(value))</td>"
    }
    return "<tr><th scope=\"row\">\(HTML.name(row.name))</th>\(cells.joined())"
      + "<td>\(row.support.grouped)</td></tr>"
  }

  /// A bar of a share, as wide as all others.
  static func bar(_ value: Double, style: String = "fill") -> String {
    let width = (max(0, min(1, value)) * 100).fixed(2)
    return "<svg class=\"bar\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
      + "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"6\"/>"
      + "<rect class=\"\(style)\" width=\"\(width)\" height=\"6\"/></svg>"
  }
}
