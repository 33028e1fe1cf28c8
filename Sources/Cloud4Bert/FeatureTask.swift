import Inference
package import Tensors
package import Tokenization
package import Transformers

/// From a text, or a pair of texts, to its features.
package struct FeatureTask: ModelTask {
  let steps: FeatureSteps
  let tokenizer: BertTokenizer
  /// Put before each text.
  let prompt: String
  let maxLength: Int
  /// Where the model was opened from, for messages.
  let folder: String

  package func estimatedTokens(_ input: TextInput) -> Int {
    input.estimatedTokens(limit: maxLength)
  }

  package func tokenize(
    _ input: TextInput, in tokens: inout TokenBuffer,
    append: (_ ids: [Int32], _ tokenTypeIDs: [UInt8], _ isTruncated: Bool) throws -> Void
  ) throws {
    tokens.removeAll()
    let isTruncated = try tokenizer.append(
      prompt.isEmpty ? input.text : prompt + input.text, pair: input.pair, maxLength: maxLength,
      to: &tokens
    ).isTruncated
    try append(tokens.ids, tokens.tokenTypeIDs, isTruncated)
  }

  package func outputs(
    of batch: PackedBatch, _ areTruncated: [Bool], workspace: Workspace
  ) throws -> [Result<Features, any Error>] {
    workspace.reset()
    let matrix = try steps(batch, workspace: workspace)
    return areTruncated.enumerated().map { sequence, isTruncated in
      let tokens = batch.tokens(of: sequence)
      let values = matrix.elements(ofRows: steps.isPooled ? sequence..<sequence + 1 : tokens)
      guard values.allSatisfy(\.isFinite) else {
        return .failure(ClassifierError.notFinite(folder: folder))
      }
      return .success(
        Features(
          values: values, size: steps.size, tokenCount: tokens.count, isTruncated: isTruncated))
    }
  }

  package func answer(_ outputs: [(sequence: Bool, output: Features)]) -> Features {
    outputs[0].output
  }
}
