import COpenBLAS

/// A fully connected layer, `x Wᵀ + b` ([torch.nn.Linear]).
///
///     let layer = Linear(weight: Weight([[1, 2], [3, 4], [5, 6]]), bias: Vector([0, 0, 1]))
///     layer(Matrix([[1, 1]]), into: output, workspace: Workspace())  // output: [[3, 7, 12]]
///
/// [torch.nn.Linear]: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
public struct Linear: Sendable {
  /// `[output size, input size]`
  public let weight: Weight
  /// `[output size]`
  public let bias: Vector?

  public var inputSize: Int { weight.columns }
  public var outputSize: Int { weight.rows }

  public init(weight: Weight, bias: Vector?) {
    precondition(bias == nil || bias!.count == weight.rows, "one bias for each output")
    self.weight = weight
    self.bias = bias
  }

  /// `input`: `[rows, input size]`; `output`: `[rows, output size]`, overwritten.
  public func callAsFunction(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    product(input, into: output, workspace: workspace)
    if let bias { Activation.linear.apply(to: output, adding: bias, workspace: workspace) }
  }

  /// The product alone, for where the next kernel adds the bias.
  public func product(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    precondition(
      input.columns == inputSize && output.columns == outputSize && input.rows == output.rows,
      """
      a linear layer of \(inputSize) inputs and \(outputSize) outputs cannot take \
      [\(input.rows), \(input.columns)] to [\(output.rows), \(output.columns)]
      """)
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
