/// How well predicted labels meet the true ones, over any number of texts.
///
///     var report = try ClassificationReport(labels: classifier.labels)
///     for (text, id) in zip(texts, trueLabelIDs) {
///       try await report.add(trueLabel: id, classifier.classify(text), text: text)
///     }
///     print(report.accuracy, report.weighted.f1, report.matthewsCorrelation)
///
/// It gathers: apart from the most confident mistakes, memory depends on the number of labels
/// alone. All figures are those of scikit-learn (https://scikit-learn.org/stable/modules/model_evaluation.html)
/// with `zero_division=0`: a ratio of which the denominator is 0 is 0. Without any text, all are 0.
public struct ClassificationReport: Sendable, Equatable {
  /// Figures that several tables share, each from 0 to 1.
  public struct Figures: Sendable, Equatable {
    /// The share of the texts that were given the label which have it.
    public let precision: Double
    /// The share of the texts that have the label which were given it.
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
  }

  /// The figures of one label.
  public struct LabelFigures: Sendable, Equatable {
    public let label: String
    public let figures: Figures
    /// How many texts have the label.
    public let support: Int
    /// How many texts were given the label.
    public let predicted: Int
  }

  /// Texts whose best score lies in one range.
  public struct CalibrationBin: Sendable, Equatable {
    public fileprivate(set) var count = 0
    /// How many of them were given their true label.
    public fileprivate(set) var correct = 0
    fileprivate var scoreSum = 0.0

    public var accuracy: Double { count == 0 ? 0 : Double(correct) / Double(count) }
    public var meanScore: Double { count == 0 ? 0 : scoreSum / Double(count) }
  }

  /// A text that was given a wrong label.
  public struct Mistake: Sendable, Equatable {
    /// The text's number from 1, in the order of the file.
    public let row: Int
    public let text: String
    public let pair: String?
    /// The id of the label that the text has.
    public let trueLabel: Int
    public let predictedLabel: Int
    /// The score of the wrong label; nil where labels came without scores.
    public let score: Float?
  }

  /// The most labels of a report: the confusion matrix has a number for each pair of them.
  public static let maximumLabelCount = 4096
  /// The ranges of scores for ``expectedCalibrationError``.
  public static let calibrationBinCount = 15

  /// The labels' names, in the order of their ids.
  public let labels: [String]
  /// How many texts were added.
  public private(set) var count = 0
  /// The top score in equal ranges, each without its lower bound and with its upper one.
  public private(set) var calibrationBins = [CalibrationBin](
    repeating: CalibrationBin(), count: calibrationBinCount)
  /// The wrong answers with the highest scores, highest first; of equal ones the earlier row first.
  public private(set) var mistakes: [Mistake] = []

  private let mistakeLimit: Int
  /// [labels, labels]: row the true label, column the predicted one.
  private var confusion: [Int]

  /// Begins a report with no text in it.
  ///
  /// - Parameters:
  ///   - labels: The labels' names, in the order of their ids.
  ///   - mistakeLimit: How many of the most confident mistakes to keep.
  /// - Throws: ``EvaluationError/tooManyLabels(count:limit:)``.
  public init(labels: [String], mistakeLimit: Int = 10) throws(EvaluationError) {
    guard labels.count <= Self.maximumLabelCount else {
      throw .tooManyLabels(count: labels.count, limit: Self.maximumLabelCount)
    }
    self.labels = labels
    self.mistakeLimit = max(0, mistakeLimit)
    confusion = [Int](repeating: 0, count: labels.count * labels.count)
  }

  /// Adds one text: its true label and the model's scores, [labels], of which the highest (of equal
  /// ones the first) is the prediction.
  ///
  /// - Parameters:
  ///   - trueLabel: The id of the label that the text truly has.
  ///   - scores: One a label, in the order of their ids.
  ///   - row: The text's number, for ``mistakes``; by default the count of texts.
  ///   - text: The text, for ``mistakes``.
  ///   - pair: The second text of a pair, for ``mistakes``.
  /// - Throws: ``EvaluationError`` for a label id or scores that cannot be; the report stays as it
  ///   was.
  public mutating func add(
    trueLabel: Int, scores: [Float], row: Int? = nil, text: String = "", pair: String? = nil
  ) throws(EvaluationError) {
    guard labels.indices.contains(trueLabel) else {
      throw .labelOutOfRange(id: trueLabel, count: labels.count)
    }
    guard scores.count == labels.count else {
      throw .scoreCount(found: scores.count, expected: labels.count)
    }
    if let score = scores.first(where: { !(0...1).contains($0) }) {
      throw .notProbabilities(score: score)
    }
    let predicted = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    try add(
      trueLabel: trueLabel, predictedLabel: predicted, score: scores[predicted], row: row,
      text: text, pair: pair)
  }

  /// Adds one text by the label that it was given, and the score of that: nil where there is none,
  /// and then the text does not count for ``calibrationBins``.
  ///
  /// - Parameters:
  ///   - trueLabel: The id of the label that the text truly has.
  ///   - predictedLabel: The id of the label that it was given.
  ///   - score: The given label's score, from 0 to 1.
  ///   - row: The text's number, for ``mistakes``; by default the count of texts.
  ///   - text: The text, for ``mistakes``.
  ///   - pair: The second text of a pair, for ``mistakes``.
  /// - Throws: ``EvaluationError``; the report stays as it was.
  public mutating func add(
    trueLabel: Int, predictedLabel: Int, score: Float?, row: Int? = nil, text: String = "",
    pair: String? = nil
  ) throws(EvaluationError) {
    for id in [trueLabel, predictedLabel] where !labels.indices.contains(id) {
      throw .labelOutOfRange(id: id, count: labels.count)
    }
    if let score, !(0...1).contains(score) { throw .notProbabilities(score: score) }
    count += 1
    confusion[trueLabel * labels.count + predictedLabel] += 1
    if let score {
      let bins = Double(Self.calibrationBinCount)
      let bin = max(0, Int((Double(score) * bins).rounded(.up)) - 1)
      calibrationBins[bin].count += 1
      calibrationBins[bin].correct += predictedLabel == trueLabel ? 1 : 0
      calibrationBins[bin].scoreSum += Double(score)
    }
    guard predictedLabel != trueLabel else { return }
    keep(
      Mistake(
        row: row ?? count, text: text, pair: pair, trueLabel: trueLabel,
        predictedLabel: predictedLabel, score: score))
  }

  private mutating func keep(_ mistake: Mistake) {
    let place = mistakes.firstIndex { ($0.score ?? 0) < (mistake.score ?? 0) } ?? mistakes.endIndex
    guard place < mistakeLimit else { return }
    mistakes.insert(mistake, at: place)
    if mistakes.count > mistakeLimit { mistakes.removeLast() }
  }

  // MARK: Counts

  /// How many texts of the true label `row` were given the label `column`: [labels, labels].
  public var confusionMatrix: [[Int]] {
    labels.indices.map { row in
      Array(confusion[row * labels.count..<(row + 1) * labels.count])
    }
  }

  /// How many texts have each label.
  public var supports: [Int] {
    labels.indices.map { row in
      confusion[row * labels.count..<(row + 1) * labels.count].reduce(0, +)
    }
  }

  /// How many texts were given each label.
  public var predictions: [Int] {
    labels.indices.map { column in
      stride(from: column, to: confusion.count, by: labels.count).reduce(0) { $0 + confusion[$1] }
    }
  }

  /// How many texts were given their true label.
  public var correct: Int { labels.indices.reduce(0) { $0 + confusion[$1 * labels.count + $1] } }

  /// The pairs of labels that were taken for each other most often, most frequent first.
  public func mostFrequentConfusions(
    _ limit: Int
  ) -> [(trueLabel: Int, predictedLabel: Int, count: Int)] {
    confusion.indices
      .filter { confusion[$0] > 0 && $0 / labels.count != $0 % labels.count }
      .sorted { (confusion[$1], $0) < (confusion[$0], $1) }
      .prefix(limit)
      .map { ($0 / labels.count, $0 % labels.count, confusion[$0]) }
  }

  // MARK: Figures

  /// The share of texts that were given their true label (`accuracy_score`).
  public var accuracy: Double { LabelCounts.ratio(Double(correct), Double(count)) }

  /// Each label's figures, those that no text has or was given too, in the order of the ids
  /// (`precision_recall_fscore_support` with `average=None` and all labels).
  public var perClass: [LabelFigures] {
    zip(labels, counts).map { label, counts in
      LabelFigures(
        label: label, figures: counts.figures, support: counts.support, predicted: counts.predicted)
    }
  }

  private var counts: [LabelCounts] {
    let (supports, predictions) = (supports, predictions)
    return labels.indices.map { id in
      LabelCounts(
        hits: confusion[id * labels.count + id], support: supports[id], predicted: predictions[id])
    }
  }

  /// The labels' figures, each as often as texts have the label (`average="weighted"`).
  public var weighted: Figures { LabelCounts.weighted(counts) }

  /// The mean of the labels' figures (`average="macro"`). As in scikit-learn, a label that no text
  /// has and none was given does not count: it would pull the mean down for nothing.
  public var macro: Figures {
    LabelCounts.mean(counts) { $0.support + $0.predicted > 0 ? 1 : 0 }
  }

  /// All labels' counts in one (`average="micro"`); with one label a text, every text is one
  /// prediction, so that all three are the accuracy.
  public var micro: Figures { Figures(precision: accuracy, recall: accuracy, f1: accuracy) }

  /// The Matthews correlation coefficient for any number of labels (Gorodkin 2004,
  /// https://doi.org/10.1016/j.compbiolchem.2004.09.006; `matthews_corrcoef`, the measure of GLUE's
  /// CoLA): 1 where all is right, about 0 where chance would do as well, and 0 where all texts have,
  /// or were given, the same label.
  public var matthewsCorrelation: Double {
    let total = Double(count)
    let (supports, predictions) = (supports.map(Double.init), predictions.map(Double.init))
    func covariance(_ x: [Double], _ y: [Double]) -> Double {
      zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let both = Double(correct) * total - covariance(supports, predictions)
    let ofTruth = total * total - covariance(supports, supports)
    let ofPrediction = total * total - covariance(predictions, predictions)
    // The roots apart: their product can be past what a Double holds exactly, or at all.
    return LabelCounts.ratio(both, ofTruth.squareRoot() * ofPrediction.squareRoot())
  }

  /// How far the top score is from the share of right answers, on average over the texts, by 15
  /// equal ranges of the score (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
  public var expectedCalibrationError: Double {
    let gaps = calibrationBins.map { Double($0.count) * abs($0.accuracy - $0.meanScore) }
    return LabelCounts.ratio(
      gaps.reduce(0, +), Double(calibrationBins.reduce(0) { $0 + $1.count }))
  }
}
