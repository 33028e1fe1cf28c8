public import Checkpoints
public import Tensors

/// An encoder with the vocabulary on top, to predict words that are masked in a text:
/// `AutoModelForMaskedLM` in transformers.
public protocol MaskedLMModel: Sendable {
  /// - Throws: ``MissingHeadError`` where the checkpoint is of another task.
  init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws

  var configuration: ModelConfiguration { get }
  var encoder: TransformerEncoder { get }
  var head: MaskedLMHead { get }
}

/// Where the families are listed: a new one is a file of its own and a line here.
public func maskedLMModel(
  _ weights: inout NamedWeights, configuration: ModelConfiguration
) throws -> any MaskedLMModel {
  switch configuration.family {
  case .bert: try BertForMaskedLM(&weights, configuration: configuration)
  case .distilBert: try DistilBertForMaskedLM(&weights, configuration: configuration)
  }
}

extension MaskedLMModel {
  /// Computes the logits of some tokens of a batch, before softmax. Only these go through the
  /// vocabulary, and some at a time: there are as many logits as words for each.
  ///
  /// - Parameters:
  ///   - tokens: Indices into the batch's flat list of tokens.
  ///   - body: Takes a range of `tokens` and their logits, [range, vocabulary size], which live in
  ///     `workspace` only until it returns. The ranges come in order and cover all.
  /// - Throws: ``BatchError``, and what `body` throws.
  public func logits(
    _ batch: PackedBatch, of tokens: [Int], workspace: Workspace,
    _ body: (Range<Int>, Matrix) throws -> Void
  ) throws {
    workspace.reset()
    try logits(
      ofStates: encoder.hiddenStates(batch, workspace: workspace), of: tokens,
      workspace: workspace, body)
  }

  /// The same from the encoder's states for every token, [tokens, hidden size], which may live in
  /// `workspace`.
  public func logits(
    ofStates hidden: Matrix, of tokens: [Int], workspace: Workspace,
    _ body: (Range<Int>, Matrix) throws -> Void
  ) rethrows {
    for start in stride(from: 0, to: tokens.count, by: tokensAtATime) {
      let range = start..<min(start + tokensAtATime, tokens.count)
      let mark = workspace.mark
      defer { workspace.release(to: mark) }
      let states = workspace.matrix(rows: range.count, columns: hidden.columns)
      for (row, token) in tokens[range].enumerated() {
        states.copyRow(token, of: hidden, to: row)
      }
      try body(range, head(states, workspace: workspace))
    }
  }

  /// 8 MB of logits for 30,522 words.
  private var tokensAtATime: Int { 64 }
}
