import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Any number of labels for each text: each label's cross entropy with the sigmoid of its logit, the mean
/// over all texts and labels ([torch.nn.BCEWithLogitsLoss]).
///
/// [torch.nn.BCEWithLogitsLoss]: https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
public struct BinaryCrossEntropy: Objective {
  private let labels: [[Bool]]

  /// Takes the labels of the sequences.
  ///
  /// - Parameter labels: For each sequence of the global batch, which labels it has.
  public init(labels: [[Bool]]) {
    self.labels = labels
  }

  /// `-log sigmoid(logit)` of a label that is true, and `-log(1 - sigmoid(logit))` of another.
  static func loss(logit x: Double, isTrue: Bool) -> Double {
    // log(1 + e^-|x|) does not overflow.
    max(x, 0) - (isTrue ? x : 0) + log1p(exp(-abs(x)))
  }

  public func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts {
    let logits = outputs.logits
    let share = 1 / Double(max(1, labels.count * logits.columns))
    var loss = 0.0
    for (row, sequence) in shard.sequences.enumerated() {
      precondition(labels[sequence].count == logits.columns, "true or false for each label")
      for (column, label) in labels[sequence].enumerated() {
        let x = Double(logits[row, column])
        loss += share * Self.loss(logit: x, isTrue: label)
        let sigmoid = 1 / (1 + exp(-x))
        gradients.logits[row, column] += Float(share * (sigmoid - (label ? 1 : 0)))
      }
    }
    return LossParts(["binary_cross_entropy": loss])
  }
}
