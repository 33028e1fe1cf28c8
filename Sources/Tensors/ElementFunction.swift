#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Activations of torch.nn, element by element in double precision, under their names there and with the
/// parameters that they have there by default
/// (https://pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity).
public enum ElementFunction: String, Sendable, CaseIterable {
  case elu = "ELU"
  case hardsigmoid = "Hardsigmoid"
  case hardswish = "Hardswish"
  case hardtanh = "Hardtanh"
  case leakyReLU = "LeakyReLU"
  case logSigmoid = "LogSigmoid"
  case mish = "Mish"
  case relu6 = "ReLU6"
  case selu = "SELU"
  case softplus = "Softplus"
  case softsign = "Softsign"

  public func callAsFunction(_ x: Float) -> Float { Float(value(Double(x))) }

  private func value(_ x: Double) -> Double {
    switch self {
    case .elu: x > 0 ? x : expm1(x)
    case .hardsigmoid: min(max(x + 3, 0), 6) / 6
    case .hardswish: x * min(max(x + 3, 0), 6) / 6
    case .hardtanh: min(max(x, -1), 1)
    case .leakyReLU: x > 0 ? x : 0.01 * x
    case .logSigmoid: min(x, 0) - log1p(exp(-abs(x)))
    case .mish: x * tanh(max(x, 0) + log1p(exp(-abs(x))))
    case .relu6: min(max(x, 0), 6)
    case .selu:
      1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * expm1(x))
    // PyTorch takes the identity beyond 20.
    case .softplus: x > 20 ? x : max(x, 0) + log1p(exp(-abs(x)))
    case .softsign: x / (1 + abs(x))
    }
  }

  /// Replaces each element by the function's value.
  public func apply(to matrix: Matrix) {
    for index in 0..<matrix.rows {
      let row = matrix.base + index * matrix.stride
      for column in 0..<matrix.columns { row[column] = self(row[column]) }
    }
  }
}
