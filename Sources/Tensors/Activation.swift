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
    }
  }
}
