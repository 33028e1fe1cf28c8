/// Predictions of one label a text beside the true ones, text by text: what curves, intervals and
/// comparisons need beyond the counts of a ``ClassificationReport``.
///
/// Takes 12 bytes a text, and 4 more a label where all scores are kept.
public struct LabelledPredictions: Sendable, Equatable {
  /// How many labels there are.
  public let labelCount: Int
  /// The ids of the labels that the texts have, [texts].
  public private(set) var trueLabels: [Int32] = []
  public private(set) var predictedLabels: [Int32] = []
  /// The score of each predicted label, [texts]; none where there are no scores.
  public private(set) var topScores: [Float] = []

  /// [texts, labels], one after the other; nil where they are not kept.
  private var scores: [Float]?

  /// Begins without a text.
  ///
  /// - Parameters:
  ///   - labelCount: How many labels there are.
  ///   - keepsScores: Whether all labels' scores are kept, for ``precisionRecallCurve(of:)``.
  public init(labelCount: Int, keepsScores: Bool = true) {
    self.labelCount = labelCount
    scores = keepsScores ? [] : nil
  }

  public var count: Int { trueLabels.count }

  /// Whether every text has a score of its predicted label.
  public var hasTopScores: Bool { count > 0 && topScores.count == count }

  /// Whether every text has a score of every label.
  public var hasAllScores: Bool { count > 0 && scores?.count == count * labelCount }

  /// Adds one text by its scores, [labels], of which the highest (of equal ones the first) is the
  /// prediction.
  public mutating func add(trueLabel: Int, scores: [Float]) {
    precondition(scores.count == labelCount, "a score for every label")
    let predicted = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    add(
      trueLabel: trueLabel, predictedLabel: predicted, score: scores[predicted], scores: scores)
  }

  /// Adds one text by its predicted label, with the score of that and those of all labels, [labels],
  /// where there are such.
  public mutating func add(
    trueLabel: Int, predictedLabel: Int, score: Float? = nil, scores: [Float]? = nil
  ) {
    precondition(scores.map { $0.count == labelCount } ?? true, "a score for every label")
    let ids = 0..<labelCount
    precondition(ids.contains(trueLabel) && ids.contains(predictedLabel), "label ids")
    trueLabels.append(Int32(trueLabel))
    predictedLabels.append(Int32(predictedLabel))
    if let score { topScores.append(score) }
    if let scores { self.scores?.append(contentsOf: scores) }
  }

  /// Which texts were given their true label, [texts].
  public var isCorrect: [Bool] { zip(trueLabels, predictedLabels).map { $0 == $1 } }

  /// Accuracy by the share of answers that are taken; nil without a score for every text.
  public var coverageCurve: CoverageCurve? {
    hasTopScores ? CoverageCurve(topScores: topScores, isCorrect: isCorrect) : nil
  }

  /// Precision and recall of one label's score against all others; nil where not all scores were
  /// kept.
  public func precisionRecallCurve(of label: Int) -> PrecisionRecallCurve? {
    guard hasAllScores, let scores else { return nil }
    return PrecisionRecallCurve(
      scores: trueLabels.indices.map { scores[$0 * labelCount + label] },
      isPositive: trueLabels.map { $0 == Int32(label) })
  }

  /// How many texts were given right and wrong labels, by equal ranges of the score from 0 to 1, each
  /// without its lower bound and with its upper one; nil without a score for every text.
  public func scoreHistogram(bins: Int = 20) -> [(right: Int, wrong: Int)]? {
    guard hasTopScores else { return nil }
    var counts = [(right: Int, wrong: Int)](repeating: (0, 0), count: bins)
    for (score, isCorrect) in zip(topScores, isCorrect) {
      let bin = min(bins - 1, max(0, Int((Double(score) * Double(bins)).rounded(.up)) - 1))
      if isCorrect { counts[bin].right += 1 } else { counts[bin].wrong += 1 }
    }
    return counts
  }

  /// The interval of the weighted F1; nil without texts.
  public func weightedF1Interval(_ bootstrap: Bootstrap = Bootstrap()) -> ConfidenceInterval? {
    interval(bootstrap) { LabelCounts.weighted($0).f1 }
  }

  /// The interval of the macro F1, over the labels that occur in a draw as ``ClassificationReport/macro``
  /// has it; nil without texts.
  public func macroF1Interval(_ bootstrap: Bootstrap = Bootstrap()) -> ConfidenceInterval? {
    interval(bootstrap) { labels in
      LabelCounts.mean(labels) { $0.support + $0.predicted > 0 ? 1 : 0 }.f1
    }
  }

  private func interval(
    _ bootstrap: Bootstrap, _ figure: ([LabelCounts]) -> Double
  ) -> ConfidenceInterval? {
    guard count > 0 else { return nil }
    let kinds = OutcomeKinds([trueLabels, predictedLabels])
    return bootstrap.interval(kinds: kinds.ids, kindCount: kinds.members.count) { counts in
      figure(kinds.labelCounts(prediction: 1, counts: counts, labelCount: labelCount))
    }
  }
}

/// Texts of which all that counts is the same, such as true and predicted label, gathered in kinds.
struct OutcomeKinds {
  /// The kind of each text.
  let ids: [Int32]
  /// What the texts of each kind have: a value of each column.
  let members: [[Int32]]

  /// - Parameter columns: [columns, texts]
  init(_ columns: [[Int32]]) {
    var known: [[Int32]: Int32] = [:]
    var members: [[Int32]] = []
    ids = columns[0].indices.map { text in
      let member = columns.map { $0[text] }
      if let id = known[member] { return id }
      let id = Int32(members.count)
      known[member] = id
      members.append(member)
      return id
    }
    self.members = members
  }

  /// Those of a column of predicted labels; the first column has the true ones.
  func labelCounts(prediction: Int, counts: [Int], labelCount: Int) -> [LabelCounts] {
    var labels = [LabelCounts](repeating: LabelCounts(), count: labelCount)
    for (member, count) in zip(members, counts) where count > 0 {
      let (truth, predicted) = (Int(member[0]), Int(member[prediction]))
      labels[truth].support += count
      labels[predicted].predicted += count
      if truth == predicted { labels[truth].hits += count }
    }
    return labels
  }
}
