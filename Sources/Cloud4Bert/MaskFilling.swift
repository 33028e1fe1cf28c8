import Tensors
import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A batch of texts with masks through the model.
extension Worker {
  typealias Answer = Result<[[MaskPrediction]], FillMaskError>

  func fill(
    _ inputs: some Collection<TextInput>, with model: FillMask, topK: Int, targets: MaskTargets?,
    team: Team?
  ) throws -> [Answer] {
    workspace.team = team
    defer { workspace.team = nil }
    var answers: [Answer] = []
    answers.reserveCapacity(inputs.count)
    // The answer that each sequence of the batch is for.
    var places: [Int] = []
    func run() throws {
      let predictions = try predictions(model, topK: topK, targets: targets)
      for (place, masks) in zip(places, predictions) { answers[place] = .success(masks) }
      batch.removeAll()
      places.removeAll(keepingCapacity: true)
    }

    batch.removeAll()
    for input in inputs {
      tokens.removeAll()
      let (count, isTruncated) = try model.tokenizer.append(
        input.text, pair: input.pair, maxLength: model.maxLength, to: &tokens)
      if let error = try fault(of: input, isTruncated: isTruncated, model) {
        answers.append(.failure(error))
        continue
      }
      if batch.tokenCount > 0, batch.tokenCount + count > model.options.batchTokens { try run() }
      batch.append(tokens.ids, tokenTypeIDs: tokens.tokenTypeIDs)
      places.append(answers.count)
      answers.append(.success([]))
    }
    if batch.sequenceCount > 0 { try run() }
    return answers
  }

  /// What is wrong with the input that is in the token buffer.
  private func fault(
    of input: TextInput, isTruncated: Bool, _ model: FillMask
  ) throws -> FillMaskError? {
    func maskCount(_ tokens: TokenBuffer) -> Int {
      tokens.ids.count { $0 == model.maskTokenID }
    }
    let kept = maskCount(tokens)
    if isTruncated {
      var whole = TokenBuffer()
      try model.tokenizer.append(input.text, pair: input.pair, to: &whole)
      if maskCount(whole) > kept {
        return .maskBeyondLimit(maskToken: model.maskToken, maxLength: model.maxLength)
      }
    }
    return kept == 0 ? .noMask(maskToken: model.maskToken) : nil
  }

  /// For each sequence of the batch, and each mask in it.
  private func predictions(
    _ model: FillMask, topK: Int, targets: MaskTargets?
  ) throws -> [[[MaskPrediction]]] {
    var predictions = [[[MaskPrediction]]](repeating: [], count: batch.sequenceCount)
    var masked: [(sequence: Int, token: Int)] = []
    var maskCounts = [Int](repeating: 0, count: batch.sequenceCount)
    for sequence in 0..<batch.sequenceCount {
      for token in batch.tokens(of: sequence) where batch.tokenIDs[token] == model.maskTokenID {
        masked.append((sequence, token))
        maskCounts[sequence] += 1
      }
    }
    try model.model.logits(batch, of: masked.map(\.token), workspace: workspace) { range, logits in
      logits.applySoftmax()
      for (row, (sequence, token)) in masked[range].enumerated() {
        let tokens = batch.tokens(of: sequence)
        var ids = batch.tokenIDs[tokens].map { Int($0) }
        let mask = token - tokens.lowerBound
        let scores = logits.row(row)
        guard scores.allSatisfy(\.isFinite) else {
          throw ClassifierError.notFinite(folder: model.folder.path)
        }
        let best =
          targets.map { Self.best(topK, of: scores, among: $0.tokens) }
          ?? Self.best(topK, of: scores, among: scores.indices)
        predictions[sequence].append(
          best.map { id in
            ids[mask] = id
            let shown = ids.filter { $0 != model.tokenizer.padTokenID }
            return MaskPrediction(
              score: scores[id], token: id,
              tokenString: model.tokenizer.decode([id], skipSpecialTokens: false),
              sequence: model.tokenizer.decode(
                shown, skipSpecialTokens: maskCounts[sequence] == 1))
          })
      }
    }
    return predictions
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
