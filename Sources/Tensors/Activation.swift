import CKernels

/// The function between a feed-forward block's two products ([ACT2FN] in transformers).
///
/// [ACT2FN]: https://github.com/huggingface/transformers/blob/main/src/transformers/activations.py
public enum Activation: Sendable, Equatable, CaseIterable {
  /// `x Φ(x)`, with the error function.
  case gelu
  /// The tanh approximation of GELU.
  case geluTanh
  /// `x sigmoid(1.702 x)`.
  case geluSigmoid
  case relu
  /// `x sigmoid(x)`.
  case silu
  case tanh
  case sigmoid
  /// The identity.
  case linear
  /// `min(x Φ(x), 10)`.
  case gelu10
  /// `x tanh(log(1 + exp(x)))`.
  case mish
  /// `x min(max(x + 3, 0), 6) / 6`.
  case hardswish
  /// `max(x, 0.01 x)`.
  case leakyReLU
  /// `min(max(x, 0), 6)`.
  case relu6
  /// `max(x, 0)²`.
  case squaredReLU
  /// `(1 + erf((x - μ) / (σ √2))) / 2` with μ = 0.707107 and σ = 0.282095.
  case laplace

  /// `matrix = activation(matrix + bias)`, in place; `bias` has one element a column.
  public func apply(to matrix: Matrix, adding bias: Vector? = nil, workspace: Workspace) {
    precondition(bias == nil || bias!.count == matrix.columns, "one bias for each column")
    workspace.split(matrix.rows, cost: matrix.columns * Work.element) { _, rows in
      Processor.table.activate(
        kernel, matrix.base + rows.lowerBound * matrix.stride, matrix.stride, bias?.base,
        rows.count, matrix.columns)
    }
  }

  var kernel: c4b_activation {
    switch self {
    case .gelu: C4B_ACTIVATION_GELU
    case .geluTanh: C4B_ACTIVATION_GELU_TANH
    case .geluSigmoid: C4B_ACTIVATION_GELU_SIGMOID
    case .relu: C4B_ACTIVATION_RELU
    case .silu: C4B_ACTIVATION_SILU
    case .tanh: C4B_ACTIVATION_TANH
    case .sigmoid: C4B_ACTIVATION_SIGMOID
    case .linear: C4B_ACTIVATION_LINEAR
    case .gelu10: C4B_ACTIVATION_GELU_10
    case .mish: C4B_ACTIVATION_MISH
    case .hardswish: C4B_ACTIVATION_HARDSWISH
    case .leakyReLU: C4B_ACTIVATION_LEAKY_RELU
    case .relu6: C4B_ACTIVATION_RELU6
    case .squaredReLU: C4B_ACTIVATION_RELU2
    case .laplace: C4B_ACTIVATION_LAPLACE
    }
  }
}
