import Checkpoints
import Tensors

/// From hidden states to a logit for each word, such as `BertLMPredictionHead` in transformers.
///
///     states ─ transform ─ activation ─ norm ─ decoder ─
struct MaskedLMHead: Sendable {
  let transform: Linear
  let norm: LayerNorm
  /// Mostly the word embeddings themselves, and like them used as they are stored.
  let decoder: EmbeddingTable
  let bias: Vector

  /// [tokens, hidden size] to [tokens, vocabulary size].
  func callAsFunction(_ states: Matrix, workspace: Workspace) -> Matrix {
    let logits = workspace.matrix(rows: states.rows, columns: decoder.rows)
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let transformed = workspace.matrix(rows: states.rows, columns: transform.outputSize)
    transform(states, into: transformed, workspace: workspace)
    norm.apply(to: transformed, workspace: workspace)
    decoder.product(transformed, into: logits, workspace: workspace)
    Activation.linear.apply(to: logits, adding: bias, workspace: workspace)
    return logits
  }
}
