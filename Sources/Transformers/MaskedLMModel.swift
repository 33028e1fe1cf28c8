public import Checkpoints
public import Tensors

/// An encoder with the vocabulary on top, to predict words that are masked in a text:
/// `AutoModelForMaskedLM` in transformers. Other heads of the checkpoint are left alone.
public struct MaskedLMModel: Sendable {
  public let configuration: ModelConfiguration
  public let encoder: TransformerEncoder
  let head: MaskedLMHead

  /// Takes its tensors from `weights`.
  ///
  /// - Throws: `CheckpointError` for one that is missing or has another shape, ``MissingHeadError`` for
  ///   a checkpoint of another class.
  public init(_ weights: inout NamedWeights, configuration: ModelConfiguration) throws {
    self.configuration = configuration
    head = try MaskedLMHead(
      ModelNames(configuration), &weights, configuration: configuration)
    encoder = try TransformerEncoder(&weights, configuration: configuration)
  }

  /// Computes the logits of some tokens of a batch, before softmax. Only these go through the
  /// vocabulary, and some at a time: there are as many logits as words for each.
  ///
  /// - Parameters:
  ///   - batch: Packed sequences.
  ///   - tokens: Indices into the batch's flat list of tokens.
  ///   - workspace: Gives the memory of all that is computed.
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
