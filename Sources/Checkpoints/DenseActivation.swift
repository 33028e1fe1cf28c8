public import Tensors

/// The function behind a `Dense` of sentence-transformers: a class of torch.nn with its own settings.
public enum DenseActivation: Sendable, Equatable {
  case kernel(Activation)
  case function(ElementFunction)

  private static let byName: [(name: String, activation: DenseActivation)] =
    [
      ("Tanh", .kernel(.tanh)), ("Identity", .kernel(.linear)), ("ReLU", .kernel(.relu)),
      ("GELU", .kernel(.gelu)), ("Sigmoid", .kernel(.sigmoid)), ("SiLU", .kernel(.silu)),
    ] + ElementFunction.allCases.map { ($0.rawValue, .function($0)) }

  /// That of a file that names none.
  static let standard = DenseActivation.kernel(.tanh)

  /// The classes that are known.
  static var names: [String] { byName.map(\.name) }

  /// Takes a Python path; nil for one of anything but a known class of torch.nn.
  public init?(pythonName: String) {
    let parts = pythonName.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "torch", parts[1] == "nn",
      let match = Self.byName.first(where: { $0.name == parts[parts.count - 1] })
    else { return nil }
    self = match.activation
  }

  /// The class's name in torch.nn.
  public var name: String { Self.byName.first { $0.activation == self }!.name }
}
