import Cloud4Bert

/// Two models on the same texts, for a person at a terminal.
struct ComparisonTables {
  let result: EvaluationResult

  var text: String {
    let sections = [summary, figures, labels, test, differing]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var names: [String] {
    result.models.map { EvaluationTables.excerpt($0.name, limit: 30) }
  }

  private var summary: String {
    let count = result.models[0].count
    return "\(PageParts.count(count, "text", "texts")) of \(result.input); "
      + "the difference is that of \(names[1]) to \(names[0])\n"
  }

  private var figures: String {
    var table = TextTable([.left, .right, .right, .right])
    table.append([""] + names + ["difference"])
    for (first, second) in zip(result.models[0].figures, result.models[1].figures) {
      table.append(
        [first.name, first.value.fixed(4), second.value.fixed(4)]
          + [(second.value - first.value).signed(4)])
    }
    return table.text
  }

  private var labels: String {
    var table = TextTable([.left, .right, .right, .right, .right])
    table.append(["F1 by label"] + names + ["difference", "support"])
    for (first, second) in zip(result.models[0].labels, result.models[1].labels) {
      table.append(
        [EvaluationTables.excerpt(first.name, limit: 30)]
          + [first.figures.f1.fixed(4), second.figures.f1.fixed(4)]
          + [(second.figures.f1 - first.figures.f1).signed(4)]
          + [first.support.grouped])
    }
    return table.text
  }

  private var test: String {
    guard let comparison = result.comparison else { return "" }
    var table = TextTable([.left, .right])
    table.append(["both right", comparison.bothRight.grouped])
    table.append(["only \(names[0]) right", comparison.onlyFirstRight.grouped])
    table.append(["only \(names[1]) right", comparison.onlySecondRight.grouped])
    table.append(["both wrong", comparison.bothWrong.grouped])
    table.append(["the same answer", comparison.sameAnswer.grouped])
    table.append(["McNemar's test, p", Self.probability(comparison.mcNemarPValue)])
    return "\(table.text)\n\(Self.verdict(comparison))\n"
  }

  private var differing: String {
    guard !result.differing.isEmpty else { return "" }
    var table = TextTable([.right, .left, .left, .left, .left])
    table.append(["row", "true"] + names + ["text"])
    for entry in result.differing {
      let text = [entry.text, entry.pair].compactMap { $0 }.joined(separator: " | ")
      table.append(
        ["\(entry.row)", EvaluationTables.excerpt(entry.truth, limit: 16)]
          + entry.answers.map { EvaluationTables.excerpt($0, limit: 30) }
          + [EvaluationTables.excerpt(text, limit: 50)])
    }
    return "texts of which only one is right, the other at its surest\n\n\(table.text)"
  }

  static func probability(_ value: Double) -> String {
    value < 0.0001 ? "below 0.0001" : value.fixed(4)
  }

  /// What the numbers say, in words.
  static func verdict(_ comparison: PairedComparison) -> String {
    let (interval, name) = (comparison.difference.interval, comparison.figureName)
    let range = """
      difference in \(name) \(comparison.difference.value.signed(4)), \
      \(interval.level.percent()) interval \(interval.lower.signed(4)) to \
      \(interval.upper.signed(4))
      """
    let meaning =
      interval.contains(0)
      ? "which holds 0: these texts do not tell which model is better"
      : "which does not hold 0: the \(comparison.difference.value > 0 ? "second" : "first") model is better on such texts"
    return "\(range), \(meaning)"
  }
}
