import Checkpoints
import Tensors
import Transformers

/// The head of a masked language model on the way forward and back, for the masked tokens alone.
///
///     states ─ transform ─ activation ─ norm ─ decoder ─
struct MaskedLMTrainingHead {
  struct Saved {
    let states: Matrix
    /// Before bias and activation.
    let wide: Matrix
    let norm: LayerNorm.Saved
    let normalised: Matrix
  }

  private let entries: ModelEntries.MaskedLM
  /// Whether the decoder is the word embeddings themselves.
  private let isTied: Bool
  private let transform: Matrix
  private let transformBias: Vector
  private let activation: Activation
  private let norm: LayerNorm
  private let decoder: Matrix
  private let bias: Vector

  /// - Parameter words: The word embeddings.
  init(
    _ parameters: Parameters, entries: ModelEntries.MaskedLM, words: ParameterLayout.Entry,
    activation: Activation, configuration: ModelConfiguration
  ) {
    self.entries = entries
    self.activation = activation
    isTied = entries.decoder == words
    transform = parameters.matrix(entries.transform.weight)
    transformBias = parameters.vector(entries.transform.bias)
    norm = parameters.layerNorm(entries.norm, configuration)
    decoder = parameters.matrix(entries.decoder)
    bias = parameters.vector(entries.bias)
  }

  /// [masked tokens, hidden size] to [masked tokens, vocabulary size].
  func forward(_ states: Matrix, _ pass: inout SavedPass, workspace: Workspace) -> Matrix {
    let multiplication = pass.multiplication
    let wide = workspace.matrix(rows: states.rows, columns: transform.rows)
    let activated = workspace.matrix(rows: states.rows, columns: transform.rows)
    let normalised = workspace.matrix(rows: states.rows, columns: transform.rows)
    wide.setProduct(states, timesTransposed: transform, by: multiplication)
    activation.forward(wide, adding: transformBias, into: activated)
    let norm = norm.forward(activated, into: normalised, workspace: workspace)
    let logits = workspace.matrix(rows: states.rows, columns: decoder.rows)
    logits.setProduct(normalised, timesTransposed: decoder, by: multiplication)
    Activation.linear.apply(to: logits, adding: bias, workspace: workspace)
    pass.maskedLM = Saved(states: states, wide: wide, norm: norm, normalised: normalised)
    return logits
  }

  /// From the derivatives by the logits to those by the masked tokens' states, which are overwritten.
  func backward(
    _ gradient: Matrix, into statesGradient: Matrix, _ pass: SavedPass, gradients: Gradients,
    workspace: Workspace
  ) {
    let (saved, multiplication) = (pass.maskedLM!, pass.multiplication)
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    // A tied decoder gives every word a derivative.
    if isTied { gradients.touchAllRows() }
    gradients.matrix(entries.decoder).setProduct(
      gradient, transposed: true, times: saved.normalised, adding: true, by: multiplication)
    gradients.matrix(entries.bias).addColumnSums(of: gradient)
    let inner = workspace.matrix(rows: gradient.rows, columns: transform.rows)
    inner.setProduct(gradient, times: decoder, by: multiplication)
    norm.backward(
      inner, saved: saved.norm,
      weightGradient: gradients.matrix(entries.norm.weight),
      biasGradient: gradients.matrix(entries.norm.bias))
    activation.backward(
      inner, x: saved.wide, adding: transformBias,
      biasGradient: gradients.matrix(entries.transform.bias))
    gradients.matrix(entries.transform.weight).setProduct(
      inner, transposed: true, times: saved.states, adding: true, by: multiplication)
    statesGradient.setProduct(inner, times: transform, by: multiplication)
  }
}
