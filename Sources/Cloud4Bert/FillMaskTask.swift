import Inference
package import Tensors
package import Tokenization
package import Transformers

/// From a text with masks to the words that fit them.
package struct FillMaskTask: ModelTask {
  let model: MaskedLMModel
  let tokenizer: BertTokenizer
  let maskTokenID: Int
  let maskToken: String
  let maxLength: Int
  /// Where the model was opened from, for messages.
  let folder: String

  package struct Input: Sendable {
    package var text: TextInput
    /// Predictions for each mask.
    package var topK: Int
    /// The words to choose from; nil: all.
    package var targets: MaskTargets?

    package init(text: TextInput, topK: Int, targets: MaskTargets?) {
      self.text = text
      self.topK = topK
      self.targets = targets
    }
  }

  package func estimatedTokens(_ input: Input) -> Int {
    input.text.estimatedTokens(limit: maxLength)
  }

  package func tokenize(
    _ input: Input, in tokens: inout TokenBuffer,
    append: (_ ids: [Int32], _ tokenTypeIDs: [UInt8], Input) throws -> Void
  ) throws {
    tokens.removeAll()
    let isTruncated = try tokenizer.append(
      input.text.text, pair: input.text.pair, maxLength: maxLength, to: &tokens
    ).isTruncated
    let kept = maskCount(tokens)
    if isTruncated {
      var whole = TokenBuffer()
      try tokenizer.append(input.text.text, pair: input.text.pair, to: &whole)
      if maskCount(whole) > kept {
        throw FillMaskError.maskBeyondLimit(maskToken: maskToken, maxLength: maxLength)
      }
    }
    guard kept > 0 else { throw FillMaskError.noMask(maskToken: maskToken) }
    try append(tokens.ids, tokens.tokenTypeIDs, input)
  }

  private func maskCount(_ tokens: TokenBuffer) -> Int {
    tokens.ids.count { $0 == maskTokenID }
  }

  /// For each sequence of the batch, and each mask in it, the predictions.
  package func outputs(
    of batch: PackedBatch, _ inputs: [Input], workspace: Workspace
  ) throws -> [Result<[[MaskPrediction]], any Error>] {
    var outputs = [Result<[[MaskPrediction]], any Error>](
      repeating: .success([]), count: batch.sequenceCount)
    var masked: [(sequence: Int, token: Int)] = []
    var maskCounts = [Int](repeating: 0, count: batch.sequenceCount)
    for sequence in 0..<batch.sequenceCount {
      for token in batch.tokens(of: sequence) where batch.tokenIDs[token] == maskTokenID {
        masked.append((sequence, token))
        maskCounts[sequence] += 1
      }
    }
    try model.logits(batch, of: masked.map(\.token), workspace: workspace) { range, logits in
      logits.applySoftmax()
      for (row, (sequence, token)) in masked[range].enumerated() {
        outputs[sequence] = outputs[sequence].flatMap { predictions in
          let scores = logits.row(row)
          guard scores.allSatisfy(\.isFinite) else {
            return .failure(ClassifierError.notFinite(folder: folder))
          }
          let tokens = batch.tokens(of: sequence)
          let best = self.predictions(
            inputs[sequence], scores: scores, ids: batch.tokenIDs[tokens].map { Int($0) },
            mask: token - tokens.lowerBound, isOnly: maskCounts[sequence] == 1)
          return .success(predictions + [best])
        }
      }
    }
    return outputs
  }

  package func answer(
    _ outputs: [(sequence: Input, output: [[MaskPrediction]])]
  ) -> [[MaskPrediction]] {
    outputs[0].output
  }

  /// The best words for one mask.
  ///
  /// - Parameters:
  ///   - scores: Of all words.
  ///   - ids: The tokens of the text.
  ///   - mask: Which of them is the mask.
  ///   - isOnly: Whether the text has no other.
  private func predictions(
    _ input: Input, scores: [Float], ids: [Int], mask: Int, isOnly: Bool
  ) -> [MaskPrediction] {
    var ids = ids
    let best =
      input.targets.map { Self.best(input.topK, of: scores, among: $0.tokens) }
      ?? Self.best(input.topK, of: scores, among: scores.indices)
    return best.map { id in
      ids[mask] = id
      let shown = ids.filter { $0 != tokenizer.padTokenID }
      return MaskPrediction(
        score: scores[id], token: id,
        tokenString: tokenizer.decode([id], skipSpecialTokens: false),
        sequence: tokenizer.decode(shown, skipSpecialTokens: isOnly))
    }
  }

  /// The candidates with the highest scores, best first; of equal ones the lower id.
  private static func best(
    _ count: Int, of scores: [Float], among candidates: some Collection<Int>
  ) -> [Int] {
    let count = min(count, candidates.count)
    var best: [Int] = []
    var threshold = -Float.infinity
    func keepBest() {
      best.sort { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
      best.removeLast(max(0, best.count - count))
    }
    // Sorting when twice as many are collected is cheap for any count.
    let capacity = max(2 * count, 64)
    for id in candidates where best.count < count || scores[id] > threshold {
      best.append(id)
      guard best.count == capacity else { continue }
      keepBest()
      threshold = scores[best[count - 1]]
    }
    keepBest()
    return best
  }
}
