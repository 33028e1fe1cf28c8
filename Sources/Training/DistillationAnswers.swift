import Synchronization
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Gathers what teacher and student make of texts, as an objective that wants nothing: so it runs on all
/// cores, and on the shards, as training does.
final class DistillationAnswers: Objective {
  /// What one of the two makes of a text or a hidden word.
  struct Answer: Sendable {
    let prediction: Int
    /// The cross entropy with the label; 0 without one.
    let loss: Double
    /// Softmax of a classifier's logits; of words there are too many to keep.
    let probabilities: [Float]

    init(_ logits: [Float], label: Int?, keepsProbabilities: Bool) {
      let row = Matrix([logits])
      row.applySoftmax()
      let shares = row.row(0)
      let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
      prediction = best
      // From the likeliest, whose probability is not small.
      loss =
        label.map { Double(logits[best]) - log(Double(shares[best])) - Double(logits[$0]) } ?? 0
      probabilities = keepsProbabilities ? shares : []
    }
  }

  struct Pair: Sendable {
    let teacher: Answer
    let student: Answer
  }

  private let teacher: Teacher
  private let labels: [Int?]
  private let known: [Answer]?
  private let pairs: Mutex<[Pair?]>

  /// - Parameters:
  ///   - labels: Of each text, or the word at each hidden place; nil where there is none.
  ///   - known: What the teacher answered before, who stays as it is; nil for the first time.
  init(teacher: Teacher, labels: [Int?], known: [Answer]?) {
    self.teacher = teacher
    self.labels = labels
    self.known = known
    pairs = Mutex([Pair?](repeating: nil, count: labels.count))
  }

  /// One for each label, once all shards have run.
  var all: [Pair] { pairs.withLock { $0.compactMap { $0 } } }

  func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts {
    let isClassifier = teacher.task == .classification
    let rows = isClassifier ? shard.sequences : shard.maskedIndices
    func answer(_ logits: [Float], to row: Int) -> Answer {
      Answer(logits, label: labels[row], keepsProbabilities: isClassifier)
    }
    func keep(_ teacher: Answer, index: Int) {
      let row = rows[index]
      let pair = Pair(teacher: teacher, student: answer(outputs.logits.row(index), to: row))
      pairs.withLock { $0[row] = pair }
    }
    if let known {
      for (index, row) in rows.enumerated() { keep(known[row], index: index) }
      return LossParts()
    }
    try teacher.run(
      shard.batch, hiddenTokens: shard.maskedTokens, workspace: scratch.workspace
    ) { range, logits in
      for (row, index) in range.enumerated() {
        keep(answer(logits.row(row), to: rows[index]), index: index)
      }
    }
    return LossParts()
  }
}
