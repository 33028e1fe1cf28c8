/// The function between a feed-forward block's two matrices, under the names of transformers'
/// `ACT2FN`
/// (https://github.com/huggingface/transformers/blob/main/src/transformers/activations.py).
public enum Activation: Sendable, Equatable, CaseIterable {
  /// `x * Phi(x)` with the error function: `gelu`, `gelu_python`.
  case gelu
  /// The tanh approximation of GELU: `gelu_new`, `gelu_pytorch_tanh`, `gelu_python_tanh`,
  /// `gelu_fast` and `gelu_accurate`, which write one formula in five ways.
  case geluTanh
  /// `x * sigmoid(1.702 x)`: `quick_gelu`.
  case geluSigmoid
  case relu
  /// `x * sigmoid(x)`: `silu`, `swish`.
  case silu
  case tanh
  case sigmoid
  /// The identity: `linear`.
  case linear

  private static let byName: [(name: String, activation: Activation)] = [
    ("gelu", .gelu), ("gelu_python", .gelu),
    ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu_python_tanh", .geluTanh),
    ("gelu_fast", .geluTanh), ("gelu_accurate", .geluTanh),
    ("quick_gelu", .geluSigmoid),
    ("relu", .relu),
    ("silu", .silu), ("swish", .silu),
    ("tanh", .tanh), ("sigmoid", .sigmoid), ("linear", .linear),
  ]

  /// The names that a `config.json` may use.
  public static var configurationNames: [String] { byName.map(\.name) }

  /// Nil for a name that is not among ``configurationNames``.
  public init?(configurationName name: String) {
    guard let match = Self.byName.first(where: { $0.name == name }) else { return nil }
    self = match.activation
  }
}
