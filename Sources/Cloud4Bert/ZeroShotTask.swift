import Inference
package import Tensors
package import Tokenization
package import Transformers

/// From a text to the scores of labels that are named in hypotheses: a sequence for each.
package struct ZeroShotTask: ModelTask {
  let model: SequenceClassificationModel
  let tokenizer: BertTokenizer
  let labels: [String]
  /// One for each label.
  let hypotheses: [String]
  /// The ids of two labels of the model.
  let entailment: Int
  let contradiction: Int
  let isMultiLabel: Bool
  let maxLength: Int
  /// Where the model was opened from, for messages.
  let folder: String

  /// The text with one hypothesis.
  package struct Pair {
    let tokenCount: Int
    let isTruncated: Bool
  }

  package func estimatedTokens(_ input: TextInput) -> Int {
    hypotheses.reduce(0) { total, hypothesis in
      total + TextInput(input.text, pair: hypothesis).estimatedTokens(limit: maxLength)
    }
  }

  package func tokenize(
    _ input: TextInput, in tokens: inout TokenBuffer,
    append: (_ ids: [Int32], _ tokenTypeIDs: [UInt8], Pair) throws -> Void
  ) throws {
    if input.pair != nil { throw ZeroShotError.pair }
    for hypothesis in hypotheses {
      tokens.removeAll()
      // Of the hypothesis nothing may be missing.
      let (count, isTruncated) = try tokenizer.append(
        input.text, pair: hypothesis, maxLength: maxLength, truncation: .onlyFirst, to: &tokens)
      try append(
        tokens.ids, tokens.tokenTypeIDs, Pair(tokenCount: count, isTruncated: isTruncated))
    }
  }

  package func outputs(
    of batch: PackedBatch, _ pairs: [Pair], workspace: Workspace
  ) throws -> [Result<[Float], any Error>] {
    let logits = try model.logits(batch, workspace: workspace)
    return pairs.indices.map { pair in
      let row = logits.row(pair)
      guard row.allSatisfy(\.isFinite) else {
        return .failure(ClassifierError.notFinite(folder: folder))
      }
      return .success(Array(row))
    }
  }

  package func answer(_ outputs: [(sequence: Pair, output: [Float])]) -> Classification {
    Classification(
      // The softmax of two numbers is the sigmoid of their difference.
      logits: outputs.map { _, logits in
        isMultiLabel ? logits[entailment] - logits[contradiction] : logits[entailment]
      },
      scoring: isMultiLabel ? .sigmoid : .softmax, labels: labels,
      tokenCount: outputs.reduce(0) { $0 + $1.sequence.tokenCount },
      isTruncated: outputs.contains { $0.sequence.isTruncated })
  }
}
