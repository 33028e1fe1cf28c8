/// The weight of a linear layer, `[outputs, inputs]`, in the form in which one kind of product reads it.
///
/// Rows of inputs have a type that goes with it, so that those of one number format never meet weights of
/// another. A new format is a new type of this protocol and a line in ``Linear``.
protocol WeightForm: Sendable {
  /// Inputs as this form multiplies them, in memory of a ``Workspace``.
  associatedtype Rows: InputRows

  static var precision: Precision { get }
  var inputs: Int { get }
  var outputs: Int { get }

  static func rows(_ matrix: Matrix, workspace: Workspace) -> Rows

  /// The products of several weights with the same rows, of which there is at least one.
  static func multiply(_ rows: Rows, by products: [LayerProduct<Self>], workspace: Workspace)

  /// `activation(rows weightᵀ + bias)` for the next layer of this form.
  func activated(
    _ rows: Rows, adding bias: Vector?, by activation: Activation, workspace: Workspace
  ) -> Rows
}

protocol InputRows {
  var rows: Int { get }
}

/// `output = activation(input weightᵀ + bias)`
struct LayerProduct<Form: WeightForm> {
  let weight: Form
  var bias: Vector?
  var activation = Activation.linear
  let output: Matrix
}

extension WeightForm {
  /// By way of single precision: for forms whose rows must be known as a whole before they are made.
  func activated(
    _ rows: Rows, adding bias: Vector?, by activation: Activation, workspace: Workspace
  ) -> Rows {
    let output = workspace.matrix(rows: rows.rows, columns: outputs)
    let product = LayerProduct(weight: self, bias: bias, activation: activation, output: output)
    Self.multiply(rows, by: [product], workspace: workspace)
    return Self.rows(output, workspace: workspace)
  }
}

extension Matrix: InputRows {}

extension WeightForm where Rows == Matrix {
  static var precision: Precision { .float32 }

  static func rows(_ matrix: Matrix, workspace: Workspace) -> Matrix { matrix }
}
