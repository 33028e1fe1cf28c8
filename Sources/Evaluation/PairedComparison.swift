#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Two models on the same texts: whether one is better, or chance would do as much.
public struct PairedComparison: Sendable, Equatable {
  public let bothRight: Int
  public let onlyFirstRight: Int
  public let onlySecondRight: Int
  public let bothWrong: Int
  /// Texts that both give the same answer, right or wrong.
  public let sameAnswer: Int
  /// By how much the second is better than the first in a figure.
  public let difference: Difference
  /// The figure that ``difference`` is of, for people: `weighted F1`.
  public let figureName: String

  /// How far apart two models are in a figure.
  public struct Difference: Sendable, Equatable {
    public let value: Double
    /// The confidence interval of the bootstrap that draws the same texts for both; a difference of
    /// which the interval holds 0 may be chance.
    public let interval: ConfidenceInterval
  }

  /// Compares two models' answers, text by text.
  ///
  /// - Parameters:
  ///   - first: Of the same texts in the same order as `second`; one text or more.
  ///   - second: The predictions that are compared with the first.
  ///   - bootstrap: How often the texts are drawn for the interval.
  public init(
    _ first: LabelledPredictions, _ second: LabelledPredictions, bootstrap: Bootstrap = Bootstrap()
  ) {
    precondition(
      first.count > 0 && first.trueLabels == second.trueLabels
        && first.labelCount == second.labelCount, "predictions of the same texts")
    let kinds = OutcomeKinds([first.trueLabels, first.predictedLabels, second.predictedLabels])
    let labelCount = first.labelCount
    self.init(
      isCorrect: (first.isCorrect, second.isCorrect),
      sameAnswer: zip(first.predictedLabels, second.predictedLabels).count { $0 == $1 },
      kinds: kinds, figureName: "weighted F1", bootstrap: bootstrap
    ) { counts in
      let f1 = [1, 2].map { column in
        LabelCounts.weighted(
          kinds.labelCounts(prediction: column, counts: counts, labelCount: labelCount)
        ).f1
      }
      return f1[1] - f1[0]
    }
  }

  init(
    isCorrect: (first: [Bool], second: [Bool]), sameAnswer: Int, kinds: OutcomeKinds,
    figureName: String, bootstrap: Bootstrap, difference: ([Int]) -> Double
  ) {
    var counts = [[0, 0], [0, 0]]
    for (first, second) in zip(isCorrect.first, isCorrect.second) {
      counts[first ? 1 : 0][second ? 1 : 0] += 1
    }
    bothRight = counts[1][1]
    onlyFirstRight = counts[1][0]
    onlySecondRight = counts[0][1]
    bothWrong = counts[0][0]
    self.sameAnswer = sameAnswer
    self.figureName = figureName
    var whole = [Int](repeating: 0, count: kinds.members.count)
    for id in kinds.ids { whole[Int(id)] += 1 }
    self.difference = Difference(
      value: difference(whole),
      interval: bootstrap.interval(
        kinds: kinds.ids, kindCount: kinds.members.count, statistic: difference))
  }

  public var count: Int { bothRight + onlyFirstRight + onlySecondRight + bothWrong }

  /// The p-value of McNemar's exact test (McNemar 1947, https://doi.org/10.1007/BF02295996;
  /// `statsmodels.stats.contingency_tables.mcnemar`): how often two models that are equally often
  /// right would differ so much by chance. 1 where no text is right in one model alone.
  public var mcNemarPValue: Double {
    let trials = onlyFirstRight + onlySecondRight
    guard trials > 0 else { return 1 }
    // The binomial distribution's lower tail, as logarithms: 0.5 to the power of thousands is 0.
    var logTerm = -Double(trials) * log(2)
    var logSum = logTerm
    for successes in stride(from: 1, through: min(onlyFirstRight, onlySecondRight), by: 1) {
      logTerm += log(Double(trials - successes + 1) / Double(successes))
      let (high, low) = (max(logSum, logTerm), min(logSum, logTerm))
      logSum = high + log1p(exp(low - high))
    }
    return min(1, 2 * exp(logSum))
  }
}
