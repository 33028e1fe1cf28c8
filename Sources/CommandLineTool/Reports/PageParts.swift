import Cloud4Bert

/// Parts that the pages of evaluations share.
enum PageParts {
  /// Figures that are seen first; a note below one may tell its interval.
  static func keyFigures(_ entries: [(name: String, value: String, note: String)]) -> String {
    let items = entries.map { name, value, note in
      let small = note.isEmpty ? "" : "<small>\(HTML.escaped(note))</small>"
      return "<div><dt>\(HTML.escaped(name))</dt><dd>\(HTML.escaped(value))\(small)</dd></div>"
    }
    return "<dl class=\"key\">\n\(items.joined(separator: "\n"))\n</dl>"
  }

  static func text(_ interval: ConfidenceInterval?) -> String {
    guard let interval else { return "" }
    return "\(interval.level.percent()): \(interval.lower.fixed(4)) to "
      + interval.upper.fixed(4)
  }

  static func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<section>\n<h2>\(HTML.escaped(title))</h2>\n\(content)\n</section>"
  }

  static func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number.grouped) \(number == 1 ? one : many)"
  }

  /// A page is for reading: of a very long text the beginning is enough.
  static func excerpt(_ text: String) -> String {
    let limit = 1000
    return HTML.escaped(String(text.prefix(limit))) + (text.dropFirst(limit).isEmpty ? "" : "…")
  }

  /// An entry of a list of texts.
  static func entry(verdict: String, row: Int, text: String, pair: String?) -> String {
    let pair = pair.map { "<p class=\"text\" dir=\"auto\">\(excerpt($0))</p>" } ?? ""
    return """
      <li>
      <p class="verdict">\(verdict) <span class="row">(row \(row))</span></p>
      <p class="text" dir="auto">\(excerpt(text))</p>\(pair)
      </li>
      """
  }

  static func list(_ entries: [String]) -> String {
    "<ol class=\"mistakes\">\n\(entries.joined(separator: "\n"))\n</ol>"
  }

  static let footer = """
    <footer>Written by <code>cloud4bert evaluate</code>. Figures as scikit-learn computes them, a \
    ratio to 0 being 0; intervals by the percentile bootstrap over the texts.</footer>
    """
}
