import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How well a logistic regression does on texts that it was not fitted on, by stratified k-fold
/// cross-validation: each text is judged by a fit on the folds that it is not in.
public struct CrossValidation: Sendable {
  /// The scores of all texts together.
  public struct Score: Sendable, Equatable {
    /// The regression's `C`.
    public let c: Double
    /// The share of texts with the right class.
    public let accuracy: Double
    /// The mean of the classes' F1, weighted by their number of texts (`f1_score` of scikit-learn with
    /// `average="weighted"`).
    public let weightedF1: Double
    /// The mean of the negative logarithm of the right class's probability.
    public let logLoss: Double
  }

  public let data: LabelledFeatures
  public let foldCount: Int
  /// Which fold each text is judged in.
  public let folds: [Int]

  /// Deals the texts out to folds, each class evenly, in an order that is random but always the same.
  public init(_ data: LabelledFeatures, folds foldCount: Int) {
    precondition(foldCount >= 2 && foldCount <= data.count, "2 folds to as many as there are texts")
    self.data = data
    self.foldCount = foldCount
    var folds = [Int](repeating: 0, count: data.count)
    var generator = SplitMix64(state: 0)
    let order = generator.permutation(data.count)
    // Going on where the class before ended keeps the folds of one size.
    var next = 0
    for label in 0..<data.classCount {
      for text in order where data.classes[text] == label {
        folds[text] = next % foldCount
        next += 1
      }
    }
    self.folds = folds
  }

  /// Scores one `C` after the other, from strong regularisation to weak, each fit starting from the one
  /// before. Stops when three in a row have not bettered the log loss.
  ///
  /// - Parameters:
  ///   - candidates: In ascending order.
  ///   - threads: Folds that are fitted side by side.
  ///   - report: Called after each candidate; throws to stop.
  public func scores(
    of candidates: [Double], threads: Int, report: (Score) throws -> Void = { _ in }
  ) async throws -> [Score] {
    var scores: [Score] = []
    var models = [LogisticRegression?](repeating: nil, count: foldCount)
    for c in candidates {
      models = try await fit(c, from: models, threads: threads)
      let score = score(models.compactMap { $0 }, c: c)
      scores.append(score)
      try report(score)
      let best = scores.indices.min { scores[$0].logLoss < scores[$1].logLoss }!
      if scores.count - best > 3 { break }
    }
    return scores
  }

  /// Half decades: from hardly any slope to hardly any penalty for vectors of any usual scale.
  public static let candidates: [Double] = (-10...10).map { pow(10, Double($0) / 2) }

  /// The score with the smallest log loss, which asks for more than the right class: for
  /// probabilities that are worth something.
  public static func best(_ scores: [Score]) -> Score {
    precondition(!scores.isEmpty, "nothing to choose from")
    return scores.min { $0.logLoss < $1.logLoss }!
  }

  private func fit(
    _ c: Double, from start: [LogisticRegression?], threads: Int
  ) async throws -> [LogisticRegression?] {
    try await withThrowingTaskGroup(of: (Int, LogisticRegression).self) { group in
      var models = start
      for fold in 0..<foldCount {
        if fold >= threads, let (done, model) = try await group.next() { models[done] = model }
        try Task.checkCancellation()
        let before = start[fold]
        group.addTask {
          // Coarse: the third digit of a score does not hang on more.
          let model = LogisticRegression(
            fitting: data, c: c, including: folds.map { $0 != fold }, startingFrom: before,
            tolerance: 1e-3)
          return (fold, model)
        }
      }
      for try await (fold, model) in group { models[fold] = model }
      return models
    }
  }

  private func score(_ models: [LogisticRegression], c: Double) -> Score {
    var predicted = [Int](repeating: 0, count: data.count)
    var loss = 0.0
    for (fold, model) in models.enumerated() {
      let probabilities = model.probabilities(data)
      for text in 0..<data.count where folds[text] == fold {
        let row = Array(probabilities.row(text))
        predicted[text] = row.indices.max { row[$0] < row[$1] }!
        // A class that the other folds lack has the probability 0.
        loss -= log(max(row[data.classes[text]], 1e-15))
      }
    }
    return Score(
      c: c, accuracy: Self.accuracy(predicted, data.classes),
      weightedF1: Self.weightedF1(predicted, data.classes, classCount: data.classCount),
      logLoss: loss / Double(data.count))
  }

  static func accuracy(_ predicted: [Int], _ actual: [Int]) -> Double {
    Double(zip(predicted, actual).count { $0 == $1 }) / Double(actual.count)
  }

  static func weightedF1(_ predicted: [Int], _ actual: [Int], classCount: Int) -> Double {
    var hits = [Int](repeating: 0, count: classCount)
    var (guesses, truths) = (hits, hits)
    for (guess, truth) in zip(predicted, actual) {
      guesses[guess] += 1
      truths[truth] += 1
      if guess == truth { hits[truth] += 1 }
    }
    let sum = (0..<classCount).reduce(0.0) { sum, label in
      // F1 = 2 hits / (guesses + truths), and 0 for a class that neither has.
      let total = guesses[label] + truths[label]
      return sum + (total == 0 ? 0 : Double(truths[label] * 2 * hits[label]) / Double(total))
    }
    return sum / Double(actual.count)
  }
}
