/// Precision and recall of one label at every threshold on its score, as scikit-learn's
/// `precision_recall_curve`.
///
///     let curve = PrecisionRecallCurve(scores: [0.1, 0.4, 0.35, 0.8], isPositive: [false, false, true, true])
///     print(curve.averagePrecision)  // 0.8333…
public struct PrecisionRecallCurve: Sendable, Equatable {
  /// What comes of giving the label to every text whose score is at least a threshold.
  public struct Point: Sendable, Equatable {
    public let threshold: Float
    /// Texts that have the label and are given it.
    public let truePositives: Int
    /// Texts that are given the label.
    public let predicted: Int
    public let precision: Double
    public let recall: Double
    public let f1: Double
  }

  /// How many texts have the label.
  public let support: Int
  /// The points of the curve, one a score that occurs, the highest first: recall rises. None
  /// without texts.
  public let points: [Point]

  /// Draws the curve of one label's scores.
  ///
  /// - Parameters:
  ///   - scores: Those of the label, [texts]; the higher, the likelier. No NaN.
  ///   - isPositive: Which texts have the label, [texts].
  public init(scores: [Float], isPositive: [Bool]) {
    precondition(scores.count == isPositive.count, "a truth for every score")
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    let support = isPositive.count { $0 }
    var points: [Point] = []
    var hits = 0
    for (index, text) in order.enumerated() {
      hits += isPositive[text] ? 1 : 0
      let isLastOfEqual = index + 1 == order.count || scores[order[index + 1]] != scores[text]
      guard isLastOfEqual else { continue }
      let predicted = index + 1
      points.append(
        Point(
          threshold: scores[text], truePositives: hits, predicted: predicted,
          precision: Double(hits) / Double(predicted),
          // scikit-learn's word for a label that no text has.
          recall: support == 0 ? 1 : Double(hits) / Double(support),
          f1: 2 * Double(hits) / Double(predicted + support)))
    }
    self.support = support
    self.points = points
  }

  /// The mean of the precisions, each weighted by the recall that it adds
  /// (`average_precision_score`); 0 for a label that no text has.
  public var averagePrecision: Double {
    guard support > 0 else { return 0 }
    var (sum, recall) = (0.0, 0.0)
    for point in points {
      sum += (point.recall - recall) * point.precision
      recall = point.recall
    }
    return sum
  }

  /// The point with the highest F1, of equal ones that of the highest threshold; nil for a label that
  /// no text has.
  public var best: Point? {
    guard support > 0 else { return nil }
    return points.reduce(nil) { best, point in
      (best?.f1 ?? -1) < point.f1 ? point : best
    }
  }

  /// The threshold above which ``best`` and all higher scores lie, in the middle between it and the next
  /// lower one: for commands and settings that give a label above a threshold.
  public var bestThreshold: Float? {
    guard let best, let index = points.firstIndex(of: best) else { return nil }
    let lower = index + 1 < points.count ? points[index + 1].threshold : 0
    let middle = lower + (best.threshold - lower) / 2
    // Between neighbouring numbers there is none.
    return middle < best.threshold ? middle : lower
  }
}
