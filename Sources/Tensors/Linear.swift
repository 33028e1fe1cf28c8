import COpenBLAS

/// A fully connected layer, `x Wᵀ + b` ([torch.nn.Linear]).
///
///     let layer = Linear(weight: Weight([[1, 2], [3, 4], [5, 6]]), bias: Vector([0, 0, 1]))
///     layer(Matrix([[1, 1]]), into: output, workspace: Workspace())  // output: [[3, 7, 12]]
///
/// [torch.nn.Linear]: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
public struct Linear: Sendable {
  private enum Form {
    /// As PyTorch stores it, perhaps in a mapped file: for BLAS.
    case stored(Weight)
    /// Single precision, for the engine's own product.
    case panels(PanelWeight)
    /// A lower precision.
    case packed(PackedWeight)
  }

  private let form: Form
  /// `[output size]`
  public let bias: Vector?

  public let inputSize: Int
  public let outputSize: Int

  /// A layer in single precision, on BLAS.
  ///
  /// - Parameters:
  ///   - weight: `[output size, input size]`, used where it lies.
  ///   - bias: `[output size]`
  public init(weight: Weight, bias: Vector?) {
    self.init(.stored(weight), inputs: weight.columns, outputs: weight.rows, bias: bias)
  }

  /// A layer whose weight never changes: laid out for the engine's own kernels where they are faster
  /// than BLAS on this processor, and where `precision` asks for it.
  ///
  /// - Parameters:
  ///   - weight: `[output size, input size]`
  ///   - bias: `[output size]`
  public init(packing weight: StoredMatrix, bias: Vector?, precision: Precision = .float32) {
    let form: Form =
      if precision != .float32 {
        .packed(PackedWeight(weight, precision: precision))
      } else if PanelWeight.isWorthwhile {
        .panels(PanelWeight(weight))
      } else {
        .stored(weight.weight)
      }
    self.init(form, inputs: weight.columns, outputs: weight.rows, bias: bias)
  }

  private init(_ form: Form, inputs: Int, outputs: Int, bias: Vector?) {
    precondition(bias == nil || bias!.count == outputs, "one bias for each output")
    self.form = form
    self.bias = bias
    inputSize = inputs
    outputSize = outputs
  }

  /// The engine's own kernels where they compute products in single precision; nil where BLAS does.
  public static var singlePrecisionKernel: String? {
    PanelWeight.isWorthwhile ? Processor.kernels : nil
  }

  /// What the product is computed in.
  public var precision: Precision {
    switch form {
    case .stored, .panels: .float32
    case .packed(let weight): weight.precision
    }
  }

  /// `input`: `[rows, input size]`; `output`: `[rows, output size]`, overwritten, with `activation`
  /// applied to each element.
  public func callAsFunction(
    _ input: Matrix, into output: Matrix, activation: Activation = .linear, workspace: Workspace
  ) {
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    compute(
      prepare(input, workspace: workspace), adding: bias, activation: activation, into: output,
      workspace: workspace)
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
    case .stored, .panels: LayerInput(form: .float32(input))
    case .packed(let weight):
      LayerInput(
        form: .packed(PackedRows(input, precision: weight.precision, workspace: workspace)))
    }
  }

  /// The product alone, of rows that this layer, or one of its precision, has prepared.
  public func product(_ input: LayerInput, into output: Matrix, workspace: Workspace) {
    compute(input, adding: nil, activation: .linear, into: output, workspace: workspace)
  }

  /// The products of several layers of one precision that read the same rows. Where threads share them,
  /// packed ones are shared as one product.
  public static func products(
    of input: LayerInput, _ products: [(layer: Linear, output: Matrix)], workspace: Workspace
  ) {
    var packed: [PackedProduct] = []
    for (layer, output) in products {
      guard case .packed(let weight) = layer.form else {
        layer.product(input, into: output, workspace: workspace)
        continue
      }
      layer.check(input, output)
      packed.append(PackedProduct(weight: weight, target: .matrix(output)))
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
    if case .packed(let weight) = form, case .packed(let rows) = input.form {
      check(input)
      let output = PackedRows(
        rows: rows.rows, columns: outputSize, precision: weight.precision, workspace: workspace)
      PackedProduct.run(
        [
          PackedProduct(
            weight: weight, bias: bias, activation: activation, target: .packed(output))
        ], of: rows, workspace: workspace)
      return LayerInput(form: .packed(output))
    }
    let output = workspace.matrix(rows: input.rows, columns: outputSize)
    if case .stored = form {
      compute(input, adding: nil, activation: .linear, into: output, workspace: workspace)
      workspace.lap(.intermediate)
      activation.apply(to: output, adding: bias, workspace: workspace)
      workspace.lap(.activation)
    } else {
      compute(input, adding: bias, activation: activation, into: output, workspace: workspace)
    }
    return LayerInput(form: .float32(output))
  }

  private func compute(
    _ input: LayerInput, adding bias: Vector?, activation: Activation, into output: Matrix,
    workspace: Workspace
  ) {
    check(input, output)
    guard input.rows > 0 else { return }
    switch (form, input.form) {
    case (.stored(let weight), .float32(let input)):
      multiply(input, weight, into: output, workspace: workspace)
      if bias != nil || activation != .linear {
        activation.apply(to: output, adding: bias, workspace: workspace)
      }
    case (.panels(let weight), .float32(let input)):
      weight.product(
        input, adding: bias, activation: activation, into: output, workspace: workspace)
    case (.packed(let weight), .packed(let input)):
      let product = PackedProduct(
        weight: weight, bias: bias, activation: activation, target: .matrix(output))
      PackedProduct.run([product], of: input, workspace: workspace)
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

  private func check(_ input: LayerInput, _ output: Matrix) {
    check(input)
    precondition(
      output.columns == outputSize && input.rows == output.rows,
      """
      a linear layer of \(outputSize) outputs cannot take \(input.rows) rows to \
      [\(output.rows), \(output.columns)]
      """)
  }

  private func multiply(
    _ input: Matrix, _ weight: Weight, into output: Matrix, workspace: Workspace
  ) {
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
