/// How often a label is right, given and true, and the figures that come of it.
struct LabelCounts: Sendable, Equatable {
  /// Texts that have the label and were given it.
  var hits = 0
  /// Texts that have it.
  var support = 0
  /// Texts that were given it.
  var predicted = 0

  var figures: ClassificationReport.Figures {
    let (hits, predicted, support) = (Double(hits), Double(predicted), Double(support))
    return ClassificationReport.Figures(
      precision: Self.ratio(hits, predicted), recall: Self.ratio(hits, support),
      f1: Self.ratio(2 * hits, support + predicted))
  }

  /// A ratio to 0 is 0, as scikit-learn's `zero_division=0`.
  static func ratio(_ numerator: Double, _ denominator: Double) -> Double {
    denominator == 0 ? 0 : numerator / denominator
  }

  /// All labels' counts in one: `average="micro"`.
  static func micro(_ labels: some Sequence<LabelCounts>) -> ClassificationReport.Figures {
    var sum = LabelCounts()
    for label in labels {
      sum.hits += label.hits
      sum.support += label.support
      sum.predicted += label.predicted
    }
    return sum.figures
  }

  /// The labels' figures, each with its weight.
  static func mean(
    _ labels: [LabelCounts], _ weight: (LabelCounts) -> Double
  ) -> ClassificationReport.Figures {
    var (precision, recall, f1, sum) = (0.0, 0.0, 0.0, 0.0)
    for label in labels {
      let (figures, weight) = (label.figures, weight(label))
      precision += figures.precision * weight
      recall += figures.recall * weight
      f1 += figures.f1 * weight
      sum += weight
    }
    return ClassificationReport.Figures(
      precision: ratio(precision, sum), recall: ratio(recall, sum), f1: ratio(f1, sum))
  }

  static func weighted(_ labels: [LabelCounts]) -> ClassificationReport.Figures {
    mean(labels) { Double($0.support) }
  }
}
