/// Where the time of the models goes: a bar each, cut into the stages, and the numbers as tables.
struct ProfilePlot {
  let report: BenchmarkReport

  // In units of the drawing.
  private static let width = 366.0
  private static let rowHeight = 52.0

  private var profiled: [(name: String, profile: BenchmarkProfile)] {
    report.models.compactMap { figures in
      figures.profile.map { (figures.model.name, $0) }
    }
  }

  var text: String {
    var drawing = ""
    for (index, entry) in profiled.enumerated() {
      let top = Double(index) * Self.rowHeight
      drawing += SVG.text(SVG.shortened(entry.name), 0, top + 14, style: "name")
      var x = 0.0
      for stage in entry.profile.stages {
        let width = stage.seconds / entry.profile.sum * Self.width
        drawing += SVG.rectangle(Self.style(stage.stage) + " gap", x, top + 21, width, 20)
        x += width
      }
    }
    let words = profiled.map { name, profile in
      let shares = profile.stages.map { entry in
        "\(StageName.shown(entry, in: profile)) "
          + "\((entry.seconds / profile.sum).percent())"
      }
      return "\(name): \(shares.joined(separator: ", "))"
    }
    return """
      <p>The time of all threads while many texts are classified, by stages from left to right as \
      in the \(profiled.count == 1 ? "table" : "tables") below.</p>
      \(SVG.plot(
        id: "profile", title: "Time by stage", inWords: words.joined(separator: "; "),
        width: Self.width, height: Double(profiled.count) * Self.rowHeight, drawing))
      \(profiled.map(table).joined(separator: "\n"))
      """
  }

  private func table(_ name: String, _ profile: BenchmarkProfile) -> String {
    let rows = profile.stages.map { entry in
      let cells = BenchmarkRow.cells(entry, in: profile).map { "<td>\($0)</td>" }
      return "<tr><th scope=\"row\">\(SeriesStyle.swatch(Self.style(entry.stage)))"
        + "\(StageName.shown(entry, in: profile))</th>\(cells.joined())</tr>"
    }
    return """
      <div class="wide" role="region" aria-label="Time by stage of \(HTML.escaped(name))" \
      tabindex="0">
      <table class="numbers">
      <thead><tr><th scope="col">\(HTML.escaped(name))</th><th scope="col">Seconds</th>\
      <th scope="col">Share</th><th scope="col">GFLOP/s</th><th scope="col">Of peak</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      <p>\(BenchmarkRow.accounted(profile))</p>
      """
  }

  /// Products of one colour, what goes with one in a lighter shade of its own.
  private static func style(_ stage: String) -> String {
    switch stage {
    case "tokenization": "c8 area"
    case "embeddings": "c5 area"
    case "queryKeyValue": "c1 area"
    case "attention": "c2 area"
    case "attentionOutput": "c6 area"
    case "attentionNorm": "c7 area light"
    case "intermediate": "c3 area"
    case "activation": "c2 area light"
    case "output": "c4 area"
    case "outputNorm": "c7 area"
    case "head": "c1 area light"
    default: "c8 area light"
    }
  }
}
