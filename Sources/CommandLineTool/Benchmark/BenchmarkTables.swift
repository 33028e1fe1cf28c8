import Tensors

/// A benchmark for a person at a terminal.
struct BenchmarkTables {
  let report: BenchmarkReport

  /// Characters of a terminal that is not narrow.
  private static let width = 110

  var text: String {
    var sections = [heading]
    var models = report.models[...]
    while !models.isEmpty {
      // As many columns as fit, one at least.
      let count = (1...models.count).last { Self.width >= widest(comparison(models.prefix($0))) }
      sections.append(comparison(models.prefix(count ?? 1)))
      models = models.dropFirst(count ?? 1)
    }
    sections += report.models.compactMap(profile)
    if !report.notes.isEmpty {
      sections.append(report.notes.map { "note: \($0)\n" }.joined())
    }
    return sections.joined(separator: "\n")
  }

  private var heading: String {
    let texts = report.textCount == 1 ? "text" : "texts"
    return """
      \(report.textCount.grouped) \(texts) of \(report.file); \
      \(report.rounds) round\(report.rounds == 1 ? "" : "s"), \
      \(report.threads) thread\(report.threads == 1 ? "" : "s"), \
      \(report.batchTokens.grouped) tokens a batch; \
      BLAS \(report.blasCore), kernels \(report.kernels)\(comparedWith)

      """
  }

  private var comparedWith: String {
    guard report.models.count > 1 else { return "" }
    let first = report.models[0].model.name
    return "\nspeed-up and agreement are over and with \(first), score differences from its scores"
  }

  private func widest(_ table: String) -> Int {
    table.split(separator: "\n").map(\.count).max() ?? 0
  }

  private func comparison(_ models: ArraySlice<ModelFigures>) -> String {
    var table = TextTable([.left] + models.map { _ in .right })
    table.append([""] + models.map { $0.model.name })
    for row in BenchmarkRow.rows(of: report) {
      table.append([row.name] + models.map { row.value($0) ?? "-" })
    }
    return table.text
  }

  private func profile(_ figures: ModelFigures) -> String? {
    guard let profile = figures.profile else { return nil }
    var table = TextTable([.left, .right, .right, .right, .right])
    table.append(["", "seconds", "share", "GFLOP/s", "of peak"])
    for entry in profile.stages {
      table.append([StageName.shown(entry, in: profile)] + BenchmarkRow.cells(entry, in: profile))
    }
    return """
      where the time of \(figures.model.name) goes, on \
      \(profile.threads) thread\(profile.threads == 1 ? "" : "s")

      \(table.text)
      \(BenchmarkRow.accounted(profile))

      """
  }
}

/// What is told of each model, and how it is written.
struct BenchmarkRow {
  let name: String
  let value: (ModelFigures) -> String?

  /// Those of which there is something to tell.
  static func rows(of report: BenchmarkReport) -> [BenchmarkRow] {
    let all = [
      BenchmarkRow(name: "architecture") {
        "\($0.opened.layers) layers x \($0.opened.hiddenSize)\($0.model.isRandom ? ", random" : "")"
      },
      BenchmarkRow(name: "parameters") { millions($0.opened.parameters) },
      BenchmarkRow(name: "weights file") { $0.opened.fileBytes?.megabytes },
      BenchmarkRow(name: "precision") { $0.opened.precision },
      BenchmarkRow(name: "products") { $0.opened.kernel },
      BenchmarkRow(name: "open the model") { $0.openings.map { milliseconds($0.median) } },
      BenchmarkRow(name: "start to first label") { $0.starts.map { milliseconds($0.median) } },
      BenchmarkRow(name: "peak memory") { $0.peakMemory?.megabytes },
      BenchmarkRow(name: "texts/s") { rate($0.textsPerSecond) },
      BenchmarkRow(name: "  least to most") {
        "\(rate($0.textRates.least)) to \(rate($0.textRates.most))"
      },
      BenchmarkRow(name: "tokens/s") { rate($0.tokensPerSecond) },
      BenchmarkRow(name: "one text, p50") { milliseconds($0.latencies.percentile(50)) },
      BenchmarkRow(name: "one text, p90") { milliseconds($0.latencies.percentile(90)) },
      BenchmarkRow(name: "one text, p99") { milliseconds($0.latencies.percentile(99)) },
      BenchmarkRow(name: "speed-up") { $0.speedup.map { "\($0.fixed(2)) x" } },
      BenchmarkRow(name: "agreement") {
        $0.agreement.map { "\($0.percent(2))" }
      },
      BenchmarkRow(name: "score difference, mean") {
        $0.scoreDifference.map { $0.mean.significant(2) }
      },
      BenchmarkRow(name: "score difference, most") {
        $0.scoreDifference.map { $0.largest.significant(2) }
      },
      BenchmarkRow(name: "accuracy") { $0.accuracy.map { $0.fixed(4) } },
      BenchmarkRow(name: "weighted F1") { $0.weightedF1.map { $0.fixed(4) } },
    ]
    return all.filter { row in report.models.contains { row.value($0) != nil } }
  }

  static func rate(_ rate: Double) -> String {
    rate < 100 ? rate.fixed(1) : Int(rate.rounded()).grouped
  }

  static func milliseconds(_ seconds: Double) -> String {
    let milliseconds = seconds * 1000
    return "\(milliseconds.fixed(milliseconds < 100 ? 2 : 0)) ms"
  }

  static func millions(_ count: Int) -> String {
    count < 1_000_000
      ? count.grouped : "\((Double(count) / 1e6).fixed(1)) million"
  }

  /// Seconds, share, GFLOP/s and share of the peak of a stage.
  static func cells(_ entry: BenchmarkProfile.Entry, in profile: BenchmarkProfile) -> [String] {
    let share = profile.sum > 0 ? entry.seconds / profile.sum : 0
    var cells = [entry.seconds.fixed(3), "\(share.percent(1))"]
    if let operations = entry.operations, entry.seconds > 0 {
      let rate = operations / entry.seconds
      cells += [(rate / 1e9).fixed(1), "\((rate / profile.peak).percent())"]
    } else {
      cells += ["", ""]
    }
    return cells
  }

  static func accounted(_ profile: BenchmarkProfile) -> String {
    let operations = profile.entries.reduce(0) { $0 + ($1.operations ?? 0) }
    let rate = operations / (profile.seconds * Double(profile.threads))
    return """
      The stages account for \(profile.accounted.percent(1)) of \
      \(profile.threads) x \(profile.seconds.fixed(2)) s; the rest is waiting for the last batch. \
      Peak of each thread: \((profile.peak / 1e9).fixed(1)) GFLOP/s, of which \
      \((rate / profile.peak).percent()) were used in all.
      """
  }
}

/// What the stages are called.
enum StageName {
  static func shown(_ entry: BenchmarkProfile.Entry, in profile: BenchmarkProfile) -> String {
    guard let stage = Stage.allCases.first(where: { "\($0)" == entry.stage }) else {
      return entry.stage
    }
    let activationIsApart = profile.stages.contains { $0.stage == "\(Stage.activation)" }
    return switch stage {
    case .tokenization: "tokenisation"
    case .embeddings: "embeddings"
    case .queryKeyValue: "query, key, value"
    case .attention: "attention"
    case .attentionOutput: "attention output"
    case .attentionNorm: "attention norm"
    case .intermediate: activationIsApart ? "feed-forward in" : "feed-forward in, activation"
    case .activation: "activation"
    case .output: "feed-forward out"
    case .outputNorm: "output norm"
    case .head: "head"
    case .answers: "labels and scores"
    }
  }
}
