import Checkpoints
import Tensors

/// The first token's state through a dense layer and its activation: BERT's pooler (`BertPooler`), or the
/// hidden layer of a classifier's head (DistilBERT's `pre_classifier`).
struct HiddenLayer: Sendable {
  /// With the activation.
  let dense: Linear

  init(
    _ name: ModelNames.Hidden, _ weights: inout NamedWeights, configuration: ModelConfiguration
  ) throws {
    let size = configuration.hiddenSize
    dense = try weights.linear(
      name.name, inputs: size, outputs: size, activation: name.activation)
  }

  /// [sequences, hidden size] to the same.
  func callAsFunction(_ firstTokens: Matrix, workspace: Workspace) -> Matrix {
    let output = workspace.matrix(rows: firstTokens.rows, columns: dense.outputSize)
    dense(firstTokens, into: output, workspace: workspace)
    return output
  }
}
