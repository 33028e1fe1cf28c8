import Checkpoints
import Tensors

/// One post-norm transformer layer: `BertLayer` and DistilBERT's `TransformerBlock` in transformers.
///
///     hidden ─ attention ─ output ─ + ─ norm ─ intermediate ─ activation ─ output ─ + ─ norm ─
///            └──────────────────────┘      └─────────────────────────────────────────┘
struct EncoderLayer: Sendable {
  let query: Linear
  let key: Linear
  let value: Linear
  let attention: Attention
  let attentionOutput: Linear
  let attentionNorm: LayerNorm
  /// With the activation function.
  let intermediate: Linear
  let output: Linear
  let outputNorm: LayerNorm

  init(
    query: Linear, key: Linear, value: Linear, attentionOutput: Linear, attentionNorm: LayerNorm,
    intermediate: Linear, output: Linear, outputNorm: LayerNorm, configuration: ModelConfiguration
  ) {
    self.query = query
    self.key = key
    self.value = value
    attention = Attention(
      headCount: configuration.headCount,
      headSize: configuration.hiddenSize / configuration.headCount,
      queryBias: query.bias, keyBias: key.bias, valueBias: value.bias)
    self.attentionOutput = attentionOutput
    self.attentionNorm = attentionNorm
    self.intermediate = intermediate
    self.output = output
    self.outputNorm = outputNorm
  }

  private var hiddenSize: Int { output.outputSize }

  /// Replaces `hidden`, [tokens, hidden size], by this layer's output for every token.
  func callAsFunction(_ hidden: Matrix, batch: PackedBatch, workspace: Workspace) {
    compute(.all, hidden, batch: batch, into: hidden, workspace: workspace)
  }

  /// This layer's output for the first token of each sequence, [sequences, hidden size]: all that a
  /// classifier reads of the last layer. The other tokens still serve as keys and values.
  func firstTokens(_ hidden: Matrix, batch: PackedBatch, workspace: Workspace) -> Matrix {
    let result = workspace.matrix(rows: batch.sequenceCount, columns: hiddenSize)
    compute(.first, hidden, batch: batch, into: result, workspace: workspace)
    return result
  }

  /// The tokens whose output is wanted.
  private enum Tokens {
    case all, first
  }

  private func compute(
    _ tokens: Tokens, _ hidden: Matrix, batch: PackedBatch, into result: Matrix,
    workspace: Workspace
  ) {
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let states =
      switch tokens {
      case .all: hidden
      case .first: batch.firstTokens(of: hidden, workspace: workspace)
      }
    let attended = workspace.matrix(rows: states.rows, columns: hiddenSize)

    let projections = workspace.mark
    let queries = workspace.matrix(rows: states.rows, columns: hiddenSize)
    let keys = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    let values = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    var ofAll = [(layer: key, output: keys), (layer: value, output: values)]
    switch tokens {
    case .all: ofAll.insert((query, queries), at: 0)
    case .first: query.product(states, into: queries, workspace: workspace)
    }
    Linear.products(of: hidden, ofAll, workspace: workspace)
    workspace.lap(.queryKeyValue)
    for sequence in 0..<batch.sequenceCount {
      let all = batch.tokens(of: sequence)
      let wanted = tokens == .all ? all : sequence..<sequence + 1
      // A query is read before its context takes its place.
      attention(
        query: queries.rows(wanted), key: keys.rows(all), value: values.rows(all),
        into: queries.rows(wanted), workspace: workspace)
    }
    workspace.lap(.attention)
    attentionOutput.product(queries, into: attended, workspace: workspace)
    workspace.lap(.attentionOutput)
    workspace.release(to: projections)

    attentionNorm.apply(
      to: attended, adding: attentionOutput.bias, residual: states, workspace: workspace)
    workspace.lap(.attentionNorm)
    output.product(after: intermediate, of: attended, into: result, workspace: workspace)
    workspace.lap(.output)
    outputNorm.apply(to: result, adding: output.bias, residual: attended, workspace: workspace)
    workspace.lap(.outputNorm)
  }
}

extension PackedBatch {
  /// The rows of the first tokens, [sequences, columns], of a matrix with a row a token.
  func firstTokens(of states: Matrix, workspace: Workspace) -> Matrix {
    let first = workspace.matrix(rows: sequenceCount, columns: states.columns)
    for sequence in 0..<sequenceCount {
      first.copyRow(sequenceOffsets[sequence], of: states, to: sequence)
    }
    return first
  }
}
