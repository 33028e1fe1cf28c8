import Checkpoints
import Tensors

/// Embeddings and a stack of layers: what every model of BERT's family has below its head.
public struct Encoder: Sendable {
  let embeddings: Embeddings
  let layers: [EncoderLayer]

  /// The last layer's output for every token, [tokens, hidden size] (`last_hidden_state`). The matrix
  /// lives in `workspace` until its next reset.
  ///
  /// - Throws: ``BatchError``
  public func hiddenStates(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    let hidden = try embeddings(batch, workspace: workspace)
    for layer in layers { layer(hidden, batch: batch, workspace: workspace) }
    return hidden
  }

  /// The last layer's output for the first token of each sequence, [sequences, hidden size]: the same
  /// rows that ``hiddenStates(_:workspace:)`` gives, for less work.
  ///
  /// - Throws: ``BatchError``
  public func firstTokens(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    let hidden = try embeddings(batch, workspace: workspace)
    for layer in layers.dropLast() { layer(hidden, batch: batch, workspace: workspace) }
    return layers[layers.count - 1].firstTokens(hidden, batch: batch, workspace: workspace)
  }
}
