import CKernels

/// The non-linearities of BERT's family, by their names in `config.json` ([ACT2FN]).
///
/// [ACT2FN]: https://github.com/huggingface/transformers/blob/main/src/transformers/activations.py
public enum Activation: Sendable {
  case identity
  /// `x Φ(x)`, with the error function.
  case gelu
  /// The tanh approximation of GELU: `gelu_new`, `gelu_pytorch_tanh`.
  case geluTanh
  case relu
  case tanh

  /// `matrix = activation(matrix + bias)`, in place; `bias` has one element a column.
  public func apply(to matrix: Matrix, adding bias: Vector? = nil) {
    precondition(bias == nil || bias!.count == matrix.columns, "one bias for each column")
    Processor.table.activate(
      kernel, matrix.base, matrix.stride, bias?.base, matrix.rows, matrix.columns)
  }

  private var kernel: c4b_activation {
    switch self {
    case .identity: C4B_ACTIVATION_IDENTITY
    case .gelu: C4B_ACTIVATION_GELU
    case .geluTanh: C4B_ACTIVATION_GELU_TANH
    case .relu: C4B_ACTIVATION_RELU
    case .tanh: C4B_ACTIVATION_TANH
    }
  }
}
