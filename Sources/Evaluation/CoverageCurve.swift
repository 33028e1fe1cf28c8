/// How often a model is right on the texts that it is sure of, by how sure it must be: what is left to
/// a person, and what that is worth (El-Yaniv and Wiener 2010,
/// https://www.jmlr.org/papers/v11/el-yaniv10a.html).
public struct CoverageCurve: Sendable, Equatable {
  /// What comes of taking only the answers whose score is at least a threshold.
  public struct Point: Sendable, Equatable {
    public let threshold: Float
    /// How many answers are taken.
    public let covered: Int
    /// How many of the answers taken are right.
    public let correct: Int
    /// The share of all texts that are answered.
    public let coverage: Double
    /// The share of right answers among those taken; 1 where none is.
    public let accuracy: Double
  }

  /// How many texts there are.
  public let count: Int
  /// The points of the curve, one a score that occurs, the highest first: coverage rises to 1.
  public let points: [Point]

  /// Draws the curve of answers with these scores.
  ///
  /// - Parameters:
  ///   - topScores: Each text's highest score, [texts]. No NaN.
  ///   - isCorrect: Whether the label of that score is the true one, [texts].
  public init(topScores: [Float], isCorrect: [Bool]) {
    precondition(topScores.count == isCorrect.count, "a verdict for every score")
    let order = topScores.indices.sorted { topScores[$0] > topScores[$1] }
    var points: [Point] = []
    var correct = 0
    for (index, text) in order.enumerated() {
      correct += isCorrect[text] ? 1 : 0
      let isLastOfEqual =
        index + 1 == order.count || topScores[order[index + 1]] != topScores[text]
      guard isLastOfEqual else { continue }
      points.append(
        Point(
          threshold: topScores[text], covered: index + 1, correct: correct,
          coverage: Double(index + 1) / Double(order.count),
          accuracy: Double(correct) / Double(index + 1)))
    }
    count = topScores.count
    self.points = points
  }

  /// What comes of a threshold, whether or not a text has that score.
  public func point(at threshold: Float) -> Point {
    // The last point whose own threshold is not below.
    var (low, high) = (0, points.count)
    while low < high {
      let middle = (low + high) / 2
      if points[middle].threshold >= threshold { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else {
      return Point(threshold: threshold, covered: 0, correct: 0, coverage: 0, accuracy: 1)
    }
    let point = points[low - 1]
    return Point(
      threshold: threshold, covered: point.covered, correct: point.correct,
      coverage: point.coverage, accuracy: point.accuracy)
  }
}
