/// A model's answers beside those of another on the same texts.
struct AnswerComparison {
  /// The share of texts that both give the same label; nil where there is one label only.
  let agreement: Double?
  /// Nil where a score is no finite number.
  let scoreDifference: ScoreDifference?

  /// Nil where their labels are not the same.
  init?(
    _ one: (answers: BenchmarkAnswers, labels: [String]),
    with other: (answers: BenchmarkAnswers, labels: [String])
  ) {
    guard let order = LabelOrder.order(of: other.labels, like: one.labels) else { return nil }
    let count = one.labels.count
    let equal = zip(one.answers.best, other.answers.best).count { order[$0] == $1 }
    agreement = count > 1 ? Double(equal) / Double(one.answers.best.count) : nil
    let others = other.answers.scores
    scoreDifference = ScoreDifference(
      one.answers.scores.indices.lazy.map { index in
        let place = index - index % count + order[index % count]
        return (Float(bitPattern: one.answers.scores[index]), Float(bitPattern: others[place]))
      })
  }
}

/// How far the scores of all labels of all texts are from those of another model.
struct ScoreDifference: Equatable {
  let mean: Double
  let largest: Double

  /// Nil where there are none, and where one is no finite number.
  init?(_ scores: some Sequence<(Float, Float)>) {
    var (sum, largest, count) = (0.0, 0.0, 0)
    for (one, other) in scores {
      let difference = abs(Double(one) - Double(other))
      sum += difference
      largest = max(largest, difference)
      count += 1
    }
    guard count > 0, sum.isFinite else { return nil }
    (mean, self.largest) = (sum / Double(count), largest)
  }
}
