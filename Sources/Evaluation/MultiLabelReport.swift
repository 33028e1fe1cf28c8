/// How well predicted labels meet the true ones where a text may have several labels, or none.
///
///     var report = try MultiLabelReport(labels: classifier.labels)
///     for (text, ids) in zip(texts, trueLabelIDs) {
///       try await report.add(trueLabels: ids, scores: classifier.classify(text).values)
///     }
///     print(report.micro.f1, report.samples.f1, report.subsetAccuracy)
///
/// All figures are those of scikit-learn for indicator matrices, with `zero_division=0`: a ratio of
/// which the denominator is 0 is 0. Takes 5 bytes a text and label.
public struct MultiLabelReport: Sendable, Equatable {
  public typealias Figures = ClassificationReport.Figures

  /// The figures of one label.
  public struct LabelFigures: Sendable, Equatable {
    public let label: String
    public let figures: Figures
    /// How many texts have the label.
    public let support: Int
    /// How many texts were given the label.
    public let predicted: Int
    /// The score above which the label is given.
    public let threshold: Float
  }

  /// A label that a text was given and has not, or has and was not given.
  public struct Mistake: Sendable, Equatable {
    /// The text's number from 1, in the order of the file.
    public let row: Int
    public let text: String
    public let pair: String?
    /// A label id.
    public let label: Int
    /// Whether the text has the label, and so was not given it.
    public let isMissing: Bool
    /// The score of the label.
    public let score: Float

    /// How sure the model was of what is wrong.
    var certainty: Float { isMissing ? 1 - score : score }
  }

  /// What a threshold, above which a label is given, is unless told.
  public static let usualThreshold: Float = 0.5

  /// The labels' names, in the order of their ids.
  public let labels: [String]
  /// The score above which each label is given, [labels].
  public let thresholds: [Float]
  /// How many texts were added.
  public private(set) var count = 0
  /// The wrong answers that the model was surest of, surest first; of equal ones the earlier first.
  public private(set) var mistakes: [Mistake] = []
  /// How many texts were given all their labels and no other.
  public private(set) var exactMatches = 0

  private let mistakeLimit: Int
  private var counts: [LabelCounts]
  private var sampleSums = (precision: 0.0, recall: 0.0, f1: 0.0)
  private var sampleMatches: [Bool] = []
  /// [texts, labels], one after the other.
  private var scores: [Float] = []
  private var truths: [Bool] = []

  public static func == (one: MultiLabelReport, other: MultiLabelReport) -> Bool {
    one.labels == other.labels && one.thresholds == other.thresholds
      && one.scores == other.scores && one.truths == other.truths
      && one.mistakes == other.mistakes
  }

  /// Begins a report with no text in it.
  ///
  /// - Parameters:
  ///   - labels: The labels' names, in the order of their ids; one or more.
  ///   - thresholds: One a label; nil for ``usualThreshold`` each.
  ///   - mistakeLimit: How many of the surest mistakes to keep.
  /// - Throws: ``EvaluationError``
  public init(
    labels: [String], thresholds: [Float]? = nil, mistakeLimit: Int = 10
  ) throws(EvaluationError) {
    guard labels.count <= ClassificationReport.maximumLabelCount else {
      throw .tooManyLabels(count: labels.count, limit: ClassificationReport.maximumLabelCount)
    }
    if let thresholds, thresholds.count != labels.count {
      throw .scoreCount(found: thresholds.count, expected: labels.count)
    }
    self.labels = labels
    self.thresholds =
      thresholds ?? [Float](repeating: Self.usualThreshold, count: labels.count)
    self.mistakeLimit = max(0, mistakeLimit)
    counts = [LabelCounts](repeating: LabelCounts(), count: labels.count)
  }

  /// Adds one text: the ids of its true labels and the model's scores, [labels].
  ///
  /// - Parameters:
  ///   - trueLabels: The ids of the labels that the text truly has, each once; maybe none.
  ///   - scores: One a label, in the order of their ids.
  ///   - row: The text's number, for ``mistakes``; by default the count of texts.
  ///   - text: The text, for ``mistakes``.
  ///   - pair: The second text of a pair, for ``mistakes``.
  /// - Throws: ``EvaluationError`` for a label id or scores that cannot be; the report stays as it
  ///   was.
  public mutating func add(
    trueLabels: [Int], scores: [Float], row: Int? = nil, text: String = "", pair: String? = nil
  ) throws(EvaluationError) {
    if let id = trueLabels.first(where: { !labels.indices.contains($0) }) {
      throw .labelOutOfRange(id: id, count: labels.count)
    }
    guard scores.count == labels.count else {
      throw .scoreCount(found: scores.count, expected: labels.count)
    }
    if let score = scores.first(where: { !(0...1).contains($0) }) {
      throw .notProbabilities(score: score)
    }
    var truth = [Bool](repeating: false, count: labels.count)
    for id in trueLabels { truth[id] = true }
    count += 1
    var sample = LabelCounts()
    for id in labels.indices {
      let isGiven = scores[id] > thresholds[id]
      let isHit = isGiven && truth[id]
      counts[id].support += truth[id] ? 1 : 0
      counts[id].predicted += isGiven ? 1 : 0
      counts[id].hits += isHit ? 1 : 0
      sample.support += truth[id] ? 1 : 0
      sample.predicted += isGiven ? 1 : 0
      sample.hits += isHit ? 1 : 0
      if isGiven != truth[id] {
        keep(
          Mistake(
            row: row ?? count, text: text, pair: pair, label: id, isMissing: truth[id],
            score: scores[id]))
      }
    }
    let isMatch = sample.hits == sample.support && sample.hits == sample.predicted
    exactMatches += isMatch ? 1 : 0
    sampleMatches.append(isMatch)
    let figures = sample.figures
    sampleSums.precision += figures.precision
    sampleSums.recall += figures.recall
    sampleSums.f1 += figures.f1
    self.scores.append(contentsOf: scores)
    truths.append(contentsOf: truth)
  }

  private mutating func keep(_ mistake: Mistake) {
    let place =
      mistakes.firstIndex { $0.certainty < mistake.certainty } ?? mistakes.endIndex
    guard place < mistakeLimit else { return }
    mistakes.insert(mistake, at: place)
    if mistakes.count > mistakeLimit { mistakes.removeLast() }
  }

  // MARK: Figures

  /// Each label's figures, in the order of the ids (`average=None`).
  public var perLabel: [LabelFigures] {
    labels.indices.map { id in
      LabelFigures(
        label: labels[id], figures: counts[id].figures, support: counts[id].support,
        predicted: counts[id].predicted, threshold: thresholds[id])
    }
  }

  /// All labels' counts in one (`average="micro"`).
  public var micro: Figures { LabelCounts.micro(counts) }

  /// The mean of the labels' figures (`average="macro"`): of all labels, those that no text has too.
  public var macro: Figures { LabelCounts.mean(counts) { _ in 1 } }

  /// The labels' figures, each as often as texts have the label (`average="weighted"`).
  public var weighted: Figures { LabelCounts.weighted(counts) }

  /// The mean of the texts' own figures (`average="samples"`).
  public var samples: Figures {
    func mean(_ sum: Double) -> Double { LabelCounts.ratio(sum, Double(count)) }
    return Figures(
      precision: mean(sampleSums.precision), recall: mean(sampleSums.recall),
      f1: mean(sampleSums.f1))
  }

  /// The share of texts that were given all their labels and no other (`accuracy_score`).
  public var subsetAccuracy: Double { LabelCounts.ratio(Double(exactMatches), Double(count)) }

  /// The share of all labels of all texts that are wrong (`hamming_loss`).
  public var hammingLoss: Double {
    let wrong = counts.reduce(0) { $0 + $1.support + $1.predicted - 2 * $1.hits }
    return LabelCounts.ratio(Double(wrong), Double(count * labels.count))
  }

  /// How many labels the texts have, on average.
  public var labelsPerText: Double {
    LabelCounts.ratio(Double(counts.reduce(0) { $0 + $1.support }), Double(count))
  }

  /// Precision and recall of a label by the threshold on its score.
  public func precisionRecallCurve(of label: Int) -> PrecisionRecallCurve {
    let texts = 0..<count
    return PrecisionRecallCurve(
      scores: texts.map { scores[$0 * labels.count + label] },
      isPositive: texts.map { truths[$0 * labels.count + label] })
  }

  /// The interval of the micro F1; nil without texts.
  public func microF1Interval(_ bootstrap: Bootstrap = Bootstrap()) -> ConfidenceInterval? {
    guard count > 0 else { return nil }
    let kinds = OutcomeKinds(sampleCounts)
    return bootstrap.interval(kinds: kinds.ids, kindCount: kinds.members.count) { counts in
      Self.microF1(kinds, counts, column: 0)
    }
  }

  /// Hits, true and given labels of each text: [3, texts].
  private var sampleCounts: [[Int32]] {
    var columns = [[Int32]](repeating: [], count: 3)
    for text in 0..<count {
      var sample = (hits: Int32(0), support: Int32(0), predicted: Int32(0))
      for id in labels.indices {
        let place = text * labels.count + id
        let isGiven = scores[place] > thresholds[id]
        sample.support += truths[place] ? 1 : 0
        sample.predicted += isGiven ? 1 : 0
        sample.hits += isGiven && truths[place] ? 1 : 0
      }
      columns[0].append(sample.hits)
      columns[1].append(sample.support)
      columns[2].append(sample.predicted)
    }
    return columns
  }

  private static func microF1(_ kinds: OutcomeKinds, _ counts: [Int], column: Int) -> Double {
    var sum = LabelCounts()
    for (member, count) in zip(kinds.members, counts) where count > 0 {
      sum.hits += Int(member[column]) * count
      sum.support += Int(member[column + 1]) * count
      sum.predicted += Int(member[column + 2]) * count
    }
    return sum.figures.f1
  }

  /// Compares another model's answers to the same texts, in the same order.
  public func compared(
    with other: MultiLabelReport, bootstrap: Bootstrap = Bootstrap()
  ) -> PairedComparison {
    precondition(
      count > 0 && labels.count == other.labels.count && truths == other.truths,
      "reports of the same texts")
    let kinds = OutcomeKinds(sampleCounts + other.sampleCounts)
    let same = (0..<count).count { text in
      labels.indices.allSatisfy { id in
        let place = text * labels.count + id
        return (scores[place] > thresholds[id]) == (other.scores[place] > other.thresholds[id])
      }
    }
    return PairedComparison(
      isCorrect: (sampleMatches, other.sampleMatches), sameAnswer: same, kinds: kinds,
      figureName: "micro F1", bootstrap: bootstrap
    ) { counts in
      Self.microF1(kinds, counts, column: 3) - Self.microF1(kinds, counts, column: 0)
    }
  }
}
