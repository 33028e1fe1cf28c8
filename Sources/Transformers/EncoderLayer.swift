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
  let intermediate: Linear
  let activation: Activation
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
    activation = configuration.activation
    self.output = output
    self.outputNorm = outputNorm
  }

  private var hiddenSize: Int { output.outputSize }

  /// Replaces `hidden`, [tokens, hidden size], by this layer's output for every token.
  func callAsFunction(_ hidden: Matrix, batch: PackedBatch, workspace: Workspace) {
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let attended = workspace.matrix(rows: hidden.rows, columns: hiddenSize)

    let projections = workspace.mark
    let queries = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    let keys = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    let values = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    let states = query.prepare(hidden, workspace: workspace)
    Linear.products(
      of: states, [(query, queries), (key, keys), (value, values)], workspace: workspace)
    workspace.lap(.queryKeyValue)
    for sequence in 0..<batch.sequenceCount {
      let tokens = batch.tokens(of: sequence)
      // A query is read before its context takes its place.
      attention(
        query: queries.rows(tokens), key: keys.rows(tokens), value: values.rows(tokens),
        into: queries.rows(tokens), workspace: workspace)
    }
    workspace.lap(.attention)
    attentionOutput.product(queries, into: attended, workspace: workspace)
    workspace.lap(.attentionOutput)
    workspace.release(to: projections)

    attentionNorm.apply(
      to: attended, adding: attentionOutput.bias, residual: hidden, workspace: workspace)
    workspace.lap(.attentionNorm)
    feedForward(attended, into: hidden, workspace: workspace)
  }

  /// This layer's output for the first token of each sequence, [sequences, hidden size]: all that a
  /// classifier reads of the last layer. The other tokens still serve as keys and values.
  func firstTokens(_ hidden: Matrix, batch: PackedBatch, workspace: Workspace) -> Matrix {
    let result = workspace.matrix(rows: batch.sequenceCount, columns: hiddenSize)
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let first = workspace.matrix(rows: batch.sequenceCount, columns: hiddenSize)
    for sequence in 0..<batch.sequenceCount {
      first.copyRow(batch.sequenceOffsets[sequence], of: hidden, to: sequence)
    }
    let attended = workspace.matrix(rows: batch.sequenceCount, columns: hiddenSize)

    let projections = workspace.mark
    let queries = workspace.matrix(rows: batch.sequenceCount, columns: hiddenSize)
    let keys = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    let values = workspace.matrix(rows: hidden.rows, columns: hiddenSize)
    query.product(first, into: queries, workspace: workspace)
    let states = key.prepare(hidden, workspace: workspace)
    Linear.products(of: states, [(key, keys), (value, values)], workspace: workspace)
    workspace.lap(.queryKeyValue)
    for sequence in 0..<batch.sequenceCount {
      let tokens = batch.tokens(of: sequence)
      let row = queries.rows(sequence..<sequence + 1)
      attention(
        query: row, key: keys.rows(tokens), value: values.rows(tokens), into: row,
        workspace: workspace)
    }
    workspace.lap(.attention)
    attentionOutput.product(queries, into: attended, workspace: workspace)
    workspace.lap(.attentionOutput)
    workspace.release(to: projections)

    attentionNorm.apply(
      to: attended, adding: attentionOutput.bias, residual: first, workspace: workspace)
    workspace.lap(.attentionNorm)
    feedForward(attended, into: result, workspace: workspace)
    return result
  }

  private func feedForward(_ attended: Matrix, into result: Matrix, workspace: Workspace) {
    let states = intermediate.prepare(attended, workspace: workspace)
    let wide = intermediate.activated(states, by: activation, workspace: workspace)
    workspace.lap(.intermediate)
    output.product(wide, into: result, workspace: workspace)
    workspace.lap(.output)
    outputNorm.apply(to: result, adding: output.bias, residual: attended, workspace: workspace)
    workspace.lap(.outputNorm)
  }
}
