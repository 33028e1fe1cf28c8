import Tensors

/// One label of several for each text: `-log softmax(logits)[label]`, the mean over the texts, each
/// counting by the weight of its label ([torch.nn.CrossEntropyLoss]).
///
/// [torch.nn.CrossEntropyLoss]: https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
public struct CrossEntropy: Objective {
  private let labels: [Int]
  /// Each text's share of the mean.
  private let shares: [Double]

  /// Takes the labels of the sequences.
  ///
  /// - Parameters:
  ///   - labels: The label id of each sequence of the global batch.
  ///   - classWeights: One a label, from 0 on; nil for 1 each.
  public init(labels: [Int], classWeights: [Double]? = nil) {
    let weights = labels.map { classWeights?[$0] ?? 1 }
    precondition(weights.allSatisfy { $0 >= 0 }, "no negative weights")
    let sum = weights.reduce(0, +)
    self.labels = labels
    // A batch of texts that do not count has the loss 0, where PyTorch has no number.
    shares = weights.map { sum > 0 ? $0 / sum : 0 }
  }

  public func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts {
    var loss = 0.0
    for (row, sequence) in shard.sequences.enumerated() {
      let share = shares[sequence]
      loss +=
        share
        * outputs.logits.rows(row..<row + 1).crossEntropy(
          labels: [labels[sequence]], scale: Float(share),
          addingTo: gradients.logits.rows(row..<row + 1), workspace: scratch.workspace)
    }
    return LossParts(["cross_entropy": loss])
  }
}

/// The words behind the masked tokens: `-log softmax(logits)[word]`, the mean over all masked tokens.
public struct MaskedLMCrossEntropy: Objective {
  private let words: [Int32]

  /// Takes the words that the masked tokens hide.
  ///
  /// - Parameter words: One for each of the global batch's masked tokens.
  public init(words: [Int32]) {
    self.words = words
  }

  public func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts {
    let share = 1 / Double(max(1, words.count))
    let sum = outputs.logits.crossEntropy(
      labels: shard.maskedIndices.map { Int(words[$0]) }, scale: Float(share),
      addingTo: gradients.logits, workspace: scratch.workspace)
    return LossParts(["masked_lm": sum * share])
  }
}
