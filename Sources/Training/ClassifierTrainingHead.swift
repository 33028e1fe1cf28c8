import Checkpoints
import Tensors

/// The classifier on the way forward and back: the first token's state through a dense layer and tanh
/// (BERT's pooler) or ReLU (DistilBERT's pre_classifier), dropout, and the last layer.
struct ClassifierTrainingHead {
  struct Saved {
    let first: Matrix
    /// Before bias and activation.
    let wide: Matrix
    /// What the last layer reads.
    let pooled: Matrix
  }

  private let names: TensorNames
  private let dense: Matrix
  private let denseBias: Vector
  private let activation: Activation
  private let classifier: Matrix
  private let classifierBias: Vector
  private let dropout: Double

  init(_ parameters: Parameters, names: TensorNames, configuration: ModelConfiguration) {
    self.names = names
    dense = parameters.matrix("\(names.pooler).weight")
    denseBias = parameters.vector("\(names.pooler).bias")
    activation = configuration.family == .bert ? .tanh : .relu
    classifier = parameters.matrix("\(names.classifier).weight")
    classifierBias = parameters.vector("\(names.classifier).bias")
    dropout = configuration.classifierDropout
  }

  /// [sequences, hidden size] to [sequences, labels].
  func forward(_ first: Matrix, _ pass: inout SavedPass, workspace: Workspace) -> Matrix {
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
    gradients.matrix("\(names.classifier).weight").setProduct(
      gradient, transposed: true, times: saved.pooled, adding: true)
    gradients.matrix("\(names.classifier).bias").addColumnSums(of: gradient)
    let pooledGradient = workspace.matrix(rows: gradient.rows, columns: dense.rows)
    pooledGradient.setProduct(gradient, times: classifier)
    mask(pass)?.apply(to: pooledGradient, rowNumbers: pass.sequenceNumbers)
    activation.backward(
      pooledGradient, x: saved.wide, adding: denseBias,
      biasGradient: gradients.matrix("\(names.pooler).bias"))
    gradients.matrix("\(names.pooler).weight").setProduct(
      pooledGradient, transposed: true, times: saved.first, adding: true)
    firstGradient.setProduct(pooledGradient, times: dense)
  }

  private func mask(_ pass: SavedPass) -> DropoutMask? {
    pass.dropout?.mask(.classifier, probability: dropout)
  }
}
