public import Tensors

/// The names that transformers' `ACT2FN` gives to activations
/// (https://github.com/huggingface/transformers/blob/main/src/transformers/activations.py); the
/// five of ``Activation/geluTanh`` write one formula in five ways.
extension Activation {
  private static let byName: [(name: String, activation: Activation)] = [
    ("gelu", .gelu), ("gelu_python", .gelu),
    ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu_python_tanh", .geluTanh),
    ("gelu_fast", .geluTanh), ("gelu_accurate", .geluTanh),
    ("quick_gelu", .geluSigmoid),
    ("relu", .relu),
    ("silu", .silu), ("swish", .silu),
    ("tanh", .tanh), ("sigmoid", .sigmoid), ("linear", .linear),
    ("gelu_10", .gelu10), ("mish", .mish), ("hardswish", .hardswish),
    ("leaky_relu", .leakyReLU), ("relu6", .relu6), ("relu2", .squaredReLU), ("laplace", .laplace),
  ]

  /// The names that a `config.json` may use.
  public static var configurationNames: [String] { byName.map(\.name) }

  /// The first of the names that mean this one.
  package var configurationName: String { Self.byName.first { $0.activation == self }!.name }

  /// Takes the name that `config.json` gives; nil for one that is not among ``configurationNames``.
  public init?(configurationName name: String) {
    guard let match = Self.byName.first(where: { $0.name == name }) else { return nil }
    self = match.activation
  }
}
