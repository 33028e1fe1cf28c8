import Cloud4Bert

/// Which labels are taken for which: of many labels the most frequent confusions first, and the matrix.
struct ConfusionMatrixPlot {
  let report: ClassificationReport

  /// Past so many labels the confusions are listed first, and cells have no room for shares.
  private static let denseCount = 10
  /// Past so many nobody finds a cell, and the page gets slow.
  private static let widest = 40

  var text: String {
    let isDense = report.labels.count > Self.denseCount
    let matrix = report.labels.count <= Self.widest ? matrix(isDense: isDense) : ""
    return isDense ? "\(frequentConfusions)\n\(matrix)" : matrix
  }

  private func matrix(isDense: Bool) -> String {
    let rows = zip(report.labels, report.confusionMatrix).enumerated().map { id, entry in
      let (label, counts) = entry
      let support = max(1, counts.reduce(0, +))
      let cells = counts.enumerated().map { column, count in
        let share = Double(count) / Double(support)
        let style = isDense && column == id ? " class=\"diagonal\"" : ""
        let content =
          isDense
          ? (count == 0 ? "" : count.grouped)
          : "\(count.grouped)<small>\(share.percent())</small>"
        return "<td\(style) style=\"--share:\((share * 100).fixed(1))%\">\(content)</td>"
      }
      return "<tr>\(Self.head("row", label, isDense))\(cells.joined())</tr>"
    }
    let names = report.labels.map { Self.head("col", $0, isDense) }
    return """
      <p>Rows are true labels, columns predicted ones; \
      \(isDense ? "the shade is the share of the row." : "the share is that of the row.")</p>
      <div class="wide" role="region" aria-label="Confusion matrix" tabindex="0">
      <table class="heat\(isDense ? " dense" : "")">
      <thead><tr><th scope="col">True \\ predicted</th>\(names.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  /// Whole in its title, as a dense one is cut where it is long, and does not wrap.
  private static func head(_ scope: String, _ label: String, _ isDense: Bool) -> String {
    let (whole, shown) = (HTML.escaped(label), isDense ? HTML.escaped(label) : HTML.name(label))
    return "<th scope=\"\(scope)\" title=\"\(whole)\"><span>\(shown)</span></th>"
  }

  private var frequentConfusions: String {
    let most = report.mostFrequentConfusions(report.labels.count > Self.widest ? 40 : 12)
    guard !most.isEmpty else { return "<p>None: every text got its true label.</p>" }
    let supports = report.supports
    let rows = most.map { confusion in
      let share = Double(confusion.count) / Double(max(1, supports[confusion.trueLabel]))
      return "<tr><td>\(HTML.name(report.labels[confusion.trueLabel]))</td>"
        + "<td>\(HTML.name(report.labels[confusion.predictedLabel]))</td>"
        + "<td>\(confusion.count.grouped)</td>"
        + "<td>\(share.percent())\(LabelTable.bar(share))</td></tr>"
    }
    let whole =
      report.labels.count > Self.widest
      ? "; <code>--json</code> has the whole matrix of \(report.labels.count) labels" : ""
    return """
      <p>The labels most often taken for each other, with the share of the true label's texts\
      \(whole).</p>
      <div class="wide" role="region" aria-label="Most frequent confusions" tabindex="0">
      <table class="list">
      <thead><tr><th scope="col">True</th><th scope="col">Predicted</th>\
      <th scope="col">Texts</th><th scope="col">Share</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }
}
