public import Checkpoints
public import Tensors

/// A module of sentence-transformers on vectors, of tokens or of pooled texts: [Dense], [LayerNorm] or
/// [Normalize].
///
/// [Dense]: https://sbert.net/docs/package_reference/sentence_transformer/modules.html#sentence_transformers.base.modules.Dense
/// [LayerNorm]: https://sbert.net/docs/package_reference/sentence_transformer/modules.html
/// [Normalize]: https://sbert.net/docs/package_reference/sentence_transformer/modules.html#sentence_transformers.base.modules.Normalize
public enum SentenceLayer: Sendable {
  case dense(SentenceDense)
  case layerNorm(LayerNorm)
  case normalize

  /// Reads the weights where there are any.
  ///
  /// - Parameters:
  ///   - layer: As `modules.json` and the folder of the module say.
  ///   - inputSize: The length of the vectors that the layer is given.
  /// - Throws: `CheckpointError` for weights that are missing or of another shape, and for a layer that
  ///   takes vectors of another length.
  public init(_ layer: SentenceModules.Layer, inputSize: Int) throws(CheckpointError) {
    try layer.check(inputSize: inputSize)
    switch layer {
    case .dense(let dense):
      self = .dense(try SentenceDense(dense))
    case .layerNorm(let norm):
      let (tensors, size) = (try StoredTensors(moduleFolder: norm.files), norm.size)
      try tensors.refuseOthers(than: ["norm.weight", "norm.bias"])
      // PyTorch's own epsilon.
      self = .layerNorm(
        LayerNorm(
          weight: Vector(try tensors.floats("norm.weight", shape: [size])),
          bias: Vector(try tensors.floats("norm.bias", shape: [size])), epsilon: 1e-5))
    case .normalize: self = .normalize
    }
  }

  /// The length of the vectors that come out, for those of length `inputSize`.
  public func outputSize(inputSize: Int) -> Int {
    if case .dense(let dense) = self { dense.outputSize } else { inputSize }
  }

  /// Takes vectors [rows, input size] to [rows, output size]; what is given may be overwritten. The
  /// result lives in `workspace` until its next reset.
  public func callAsFunction(_ vectors: Matrix, workspace: Workspace) -> Matrix {
    switch self {
    case .dense(let dense): return dense(vectors, workspace: workspace)
    case .layerNorm(let norm): norm.apply(to: vectors, workspace: workspace)
    case .normalize: vectors.normalizeRows()
    }
    return vectors
  }
}

/// `activation(W x + b)`, and to that `x`, or `R x`, where the module has a residual.
public struct SentenceDense: Sendable {
  private let linear: Linear
  /// Behind the layer, where it is no activation of its own.
  private let function: ElementFunction?
  private let hasResidual: Bool
  /// `R`; nil where the sizes are the same.
  private let residual: Linear?

  var outputSize: Int { linear.outputSize }

  init(_ dense: SentenceModules.Dense) throws(CheckpointError) {
    let tensors = try StoredTensors(moduleFolder: dense.files)
    let (inputs, outputs) = (dense.inputSize, dense.outputSize)
    var names: Set = ["linear.weight"]
    func weight(_ name: String) throws(CheckpointError) -> StoredMatrix {
      names.insert(name)
      let values = try tensors.floats(name, shape: [outputs, inputs])
      return StoredMatrix(
        Weight(rows: outputs, columns: inputs) { _ = $0.update(fromContentsOf: values) })
    }
    var bias: Vector?
    if dense.hasBias {
      names.insert("linear.bias")
      bias = Vector(try tensors.floats("linear.bias", shape: [outputs]))
    }
    let activation: Activation
    switch dense.activation {
    case .kernel(let kernel): (activation, function) = (kernel, nil)
    case .function(let other): (activation, function) = (.linear, other)
    }
    linear = Linear(weight: try weight("linear.weight"), bias: bias, activation: activation)
    residual =
      dense.hasResidual && inputs != outputs
      ? Linear(weight: try weight("residual.weight"), bias: nil) : nil
    hasResidual = dense.hasResidual
    try tensors.refuseOthers(than: names)
  }

  func callAsFunction(_ vectors: Matrix, workspace: Workspace) -> Matrix {
    let output = workspace.matrix(rows: vectors.rows, columns: outputSize)
    linear(vectors, into: output, workspace: workspace)
    function?.apply(to: output)
    guard hasResidual else { return output }
    guard let residual else {
      output.add(vectors)
      return output
    }
    let projected = workspace.matrix(rows: vectors.rows, columns: outputSize)
    residual(vectors, into: projected, workspace: workspace)
    output.add(projected)
    return output
  }
}
