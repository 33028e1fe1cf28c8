import COpenBLAS

/// A fully connected layer, `x Wᵀ + b` ([torch.nn.Linear]).
///
///     let layer = Linear(weight: Weight([[1, 2], [3, 4], [5, 6]]), bias: Vector([0, 0, 1]))
///     layer(Matrix([[1, 1]]), into: output, workspace: Workspace())  // output: [[3, 7, 12]]
///
/// [torch.nn.Linear]: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
public struct Linear: Sendable {
  private enum Form {
    case float32(Weight)
    case packed(PackedWeight)
  }

  private let form: Form
  /// `[output size]`
  public let bias: Vector?

  public let inputSize: Int
  public let outputSize: Int

  /// A layer in single precision.
  ///
  /// - Parameters:
  ///   - weight: `[output size, input size]`
  ///   - bias: `[output size]`
  public init(weight: Weight, bias: Vector?) {
    self.init(.float32(weight), inputs: weight.columns, outputs: weight.rows, bias: bias)
  }

  /// A layer in the precision that the weight was packed in.
  public init(weight: PackedWeight, bias: Vector?) {
    self.init(.packed(weight), inputs: weight.columns, outputs: weight.rows, bias: bias)
  }

  private init(_ form: Form, inputs: Int, outputs: Int, bias: Vector?) {
    precondition(bias == nil || bias!.count == outputs, "one bias for each output")
    self.form = form
    self.bias = bias
    inputSize = inputs
    outputSize = outputs
  }

  /// `input`: `[rows, input size]`; `output`: `[rows, output size]`, overwritten.
  public func callAsFunction(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    product(input, into: output, workspace: workspace)
    if let bias { Activation.linear.apply(to: output, adding: bias, workspace: workspace) }
  }

  /// The product alone, for where the next kernel adds the bias.
  public func product(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    product(prepare(input, workspace: workspace), into: output, workspace: workspace)
  }

  /// The rows in the form that this layer multiplies them in, and every layer of the same precision.
  /// They live in `workspace`, or are `input` itself.
  public func prepare(_ input: Matrix, workspace: Workspace) -> LayerInput {
    switch form {
    case .float32: LayerInput(form: .float32(input))
    case .packed(let weight):
      LayerInput(
        form: .packed(PackedRows(input, precision: weight.precision, workspace: workspace)))
    }
  }

  /// The product alone, of rows that this layer, or one of its precision, has prepared.
  public func product(_ input: LayerInput, into output: Matrix, workspace: Workspace) {
    Self.products(of: input, [(self, output)], workspace: workspace)
  }

  /// The products of several layers of one precision that read the same rows. Where threads share them,
  /// packed ones are shared as one product.
  public static func products(
    of input: LayerInput, _ products: [(layer: Linear, output: Matrix)], workspace: Workspace
  ) {
    var packed: [PackedProduct] = []
    for (layer, output) in products {
      layer.check(input)
      precondition(
        output.columns == layer.outputSize && input.rows == output.rows,
        """
        a linear layer of \(layer.outputSize) outputs cannot take \(input.rows) rows to \
        [\(output.rows), \(output.columns)]
        """)
      switch (layer.form, input.form) {
      case (.float32(let weight), .float32(let input)):
        layer.multiply(input, weight, into: output, workspace: workspace)
      case (.packed(let weight), .packed):
        packed.append(PackedProduct(weight: weight, target: .matrix(output)))
      default: preconditionFailure("rows that were prepared for another precision")
      }
    }
    if case .packed(let input) = input.form {
      PackedProduct.run(packed, of: input, workspace: workspace)
    }
  }

  /// `activation(input Wᵀ + b)`, in the form in which a layer of the same precision reads it. Lives in
  /// `workspace`.
  public func activated(
    _ input: LayerInput, by activation: Activation, workspace: Workspace
  ) -> LayerInput {
    check(input)
    switch (form, input.form) {
    case (.float32(let weight), .float32(let input)):
      let output = workspace.matrix(rows: input.rows, columns: outputSize)
      multiply(input, weight, into: output, workspace: workspace)
      activation.apply(to: output, adding: bias, workspace: workspace)
      return LayerInput(form: .float32(output))
    case (.packed(let weight), .packed(let input)):
      let output = PackedRows(
        rows: input.rows, columns: outputSize, precision: weight.precision, workspace: workspace)
      PackedProduct.run(
        [
          PackedProduct(
            weight: weight, bias: bias, activation: activation, target: .packed(output))
        ], of: input, workspace: workspace)
      return LayerInput(form: .packed(output))
    default: preconditionFailure("rows that were prepared for another precision")
    }
  }

  private func check(_ input: LayerInput) {
    precondition(
      input.columns == inputSize,
      """
      a linear layer of \(inputSize) inputs cannot take rows of \(input.columns)
      """)
  }

  private func multiply(
    _ input: Matrix, _ weight: Weight, into output: Matrix, workspace: Workspace
  ) {
    guard input.rows > 0 else { return }
    // A share of the columns below a megaflop costs more to hand over than to compute.
    let minimum = max(32, (1 << 19) / (input.rows * inputSize))
    workspace.split(outputSize, step: 16, minimum: minimum) { _, columns in
      c4b_sgemm(
        false, true, Int32(input.rows), Int32(columns.count), Int32(inputSize), 1, input.base,
        Int32(input.stride), weight.base + columns.lowerBound * weight.columns,
        Int32(weight.columns), 0, output.base + columns.lowerBound, Int32(output.stride))
    }
  }
}
