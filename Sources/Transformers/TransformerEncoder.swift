import Checkpoints
public import Tensors

/// Embeddings and a stack of layers: what every model of BERT's family has below its head.
public struct TransformerEncoder: Sendable {
  let embeddings: Embeddings
  let layers: [EncoderLayer]

  public var layerCount: Int { layers.count }

  /// A layer's output for every token, [tokens, hidden size]: the last one's (`last_hidden_state`), or
  /// that behind the first `depth` layers (`hidden_states[depth]`, 0 for the embeddings). The matrix
  /// lives in `workspace` until its next reset.
  ///
  /// - Throws: ``BatchError``
  public func hiddenStates(
    _ batch: PackedBatch, depth: Int? = nil, workspace: Workspace
  ) throws -> Matrix {
    let hidden = try embeddings(batch, workspace: workspace)
    for layer in layers.prefix(depth ?? layers.count) {
      layer(hidden, batch: batch, workspace: workspace)
    }
    return hidden
  }

  /// The mean of several layers' outputs for every token, each by its weight, [tokens, hidden size]. The
  /// matrix lives in `workspace` until its next reset.
  ///
  /// - Parameters:
  ///   - batch: Packed sequences.
  ///   - weights: Of the layers from `start` on, 0 for the embeddings, to the last.
  ///   - start: The first layer that counts, 0 for the embeddings.
  ///   - workspace: Gives the memory of all that is computed.
  /// - Throws: ``BatchError``
  public func weightedStates(
    _ batch: PackedBatch, weights: [Float], from start: Int, workspace: Workspace
  ) throws -> Matrix {
    precondition(start >= 0 && start + weights.count == layers.count + 1, "a weight a layer")
    let hidden = try embeddings(batch, workspace: workspace)
    let sum = workspace.matrix(rows: hidden.rows, columns: hidden.columns)
    for row in 0..<sum.rows { sum.setRow(row, to: 0) }
    for depth in 0...layers.count {
      if depth > 0 { layers[depth - 1](hidden, batch: batch, workspace: workspace) }
      if depth >= start { sum.add(hidden, times: weights[depth - start]) }
    }
    sum.scale(by: 1 / weights.reduce(0, +))
    return sum
  }

  /// A layer's output for the first token of each sequence, [sequences, hidden size]: the same rows
  /// that ``hiddenStates(_:depth:workspace:)`` gives, for less work.
  ///
  /// - Throws: ``BatchError``
  public func firstTokens(
    _ batch: PackedBatch, depth: Int? = nil, workspace: Workspace
  ) throws -> Matrix {
    let layers = layers.prefix(depth ?? layers.count)
    let hidden = try embeddings(batch, workspace: workspace)
    for layer in layers.dropLast() { layer(hidden, batch: batch, workspace: workspace) }
    if let last = layers.last {
      return last.firstTokens(hidden, batch: batch, workspace: workspace)
    }
    return batch.firstTokens(of: hidden, workspace: workspace)
  }
}
