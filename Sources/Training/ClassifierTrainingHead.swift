import Checkpoints
import Tensors
import Transformers

/// The classifier on the way forward and back: the first token's state through a hidden layer (BERT's
/// pooler, DistilBERT's pre_classifier), dropout, and the last layer. RoBERTa drops elements of the state
/// too.
struct ClassifierTrainingHead {
  struct Saved {
    /// What the hidden layer reads.
    let first: Matrix
    /// Before bias and activation.
    let wide: Matrix
    /// What the last layer reads.
    let pooled: Matrix
  }

  private let entries: ModelEntries.Classifier
  private let dense: Matrix
  private let denseBias: Vector
  private let activation: Activation
  private let classifier: Matrix
  private let classifierBias: Vector
  private let dropout: Double
  private let inputDropout: Double

  init(
    _ parameters: Parameters, entries: ModelEntries.Classifier, activation: Activation,
    configuration: ModelConfiguration
  ) {
    self.entries = entries
    self.activation = activation
    dense = parameters.matrix(entries.hidden.weight)
    denseBias = parameters.vector(entries.hidden.bias)
    classifier = parameters.matrix(entries.last.weight)
    classifierBias = parameters.vector(entries.last.bias)
    dropout = configuration.classifierDropout
    inputDropout = configuration.family.classifier.dropsInput ? dropout : 0
  }

  /// [sequences, hidden size] to [sequences, labels].
  func forward(_ states: Matrix, _ pass: inout SavedPass, workspace: Workspace) -> Matrix {
    var first = states
    if let mask = inputMask(pass) {
      first = workspace.matrix(rows: states.rows, columns: states.columns)
      for row in 0..<states.rows { first.copyRow(row, of: states, to: row) }
      mask.apply(to: first, rowNumbers: pass.sequenceNumbers)
    }
    let wide = workspace.matrix(rows: first.rows, columns: dense.rows)
    let pooled = workspace.matrix(rows: first.rows, columns: dense.rows)
    wide.setProduct(first, timesTransposed: dense)
    activation.forward(wide, adding: denseBias, into: pooled)
    mask(pass)?.apply(to: pooled, rowNumbers: pass.sequenceNumbers)
    let logits = workspace.matrix(rows: first.rows, columns: classifier.rows)
    logits.setProduct(pooled, timesTransposed: classifier)
    Activation.linear.apply(to: logits, adding: classifierBias, workspace: workspace)
    pass.classifier = Saved(first: first, wide: wide, pooled: pooled)
    return logits
  }

  /// From the derivatives by the logits to those by the first tokens' states, which are overwritten.
  func backward(
    _ gradient: Matrix, into firstGradient: Matrix, _ pass: SavedPass, gradients: Gradients,
    workspace: Workspace
  ) {
    let saved = pass.classifier!
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    gradients.matrix(entries.last.weight).setProduct(
      gradient, transposed: true, times: saved.pooled, adding: true)
    gradients.matrix(entries.last.bias).addColumnSums(of: gradient)
    let pooledGradient = workspace.matrix(rows: gradient.rows, columns: dense.rows)
    pooledGradient.setProduct(gradient, times: classifier)
    mask(pass)?.apply(to: pooledGradient, rowNumbers: pass.sequenceNumbers)
    activation.backward(
      pooledGradient, x: saved.wide, adding: denseBias,
      biasGradient: gradients.matrix(entries.hidden.bias))
    gradients.matrix(entries.hidden.weight).setProduct(
      pooledGradient, transposed: true, times: saved.first, adding: true)
    firstGradient.setProduct(pooledGradient, times: dense)
    inputMask(pass)?.apply(to: firstGradient, rowNumbers: pass.sequenceNumbers)
  }

  private func inputMask(_ pass: SavedPass) -> DropoutMask? {
    pass.dropout?.mask(.classifierInput, probability: inputDropout)
  }

  private func mask(_ pass: SavedPass) -> DropoutMask? {
    pass.dropout?.mask(.classifier, probability: dropout)
  }
}
