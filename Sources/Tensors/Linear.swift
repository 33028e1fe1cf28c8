import COpenBLAS

/// A fully connected layer, `x Wᵀ + b` ([torch.nn.Linear]).
///
///     let layer = Linear(weight: Weight([[1, 2], [3, 4], [5, 6]]), bias: Vector([0, 0, 1]))
///     layer(Matrix([[1, 1]]), into: output, workspace: Workspace())  // output: [[3, 7, 12]]
///
/// [torch.nn.Linear]: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
public struct Linear: Sendable {
  private enum Storage: Sendable {
    /// As PyTorch stores it, perhaps in a mapped file: for BLAS.
    case stored(Weight)
    case packed(PanelWeight)
  }

  private let storage: Storage
  public let inputSize: Int
  public let outputSize: Int
  /// `[output size]`
  public let bias: Vector?

  /// - Parameter weight: `[output size, input size]`, used where it lies.
  public init(weight: Weight, bias: Vector?) {
    self.init(.stored(weight), rows: weight.rows, columns: weight.columns, bias: bias)
  }

  /// A layer whose weight never changes: the engine's own kernels compute it where they are faster
  /// than BLAS on this processor, and lay the weight out for themselves once that pays.
  ///
  /// - Parameter weight: `[output size, input size]`
  public init(packing weight: StoredMatrix, bias: Vector?) {
    let storage: Storage =
      if PanelWeight.isWorthwhile { .packed(PanelWeight(weight)) } else { .stored(weight.weight) }
    self.init(storage, rows: weight.rows, columns: weight.columns, bias: bias)
  }

  private init(_ storage: Storage, rows: Int, columns: Int, bias: Vector?) {
    precondition(bias == nil || bias!.count == rows, "one bias for each output")
    self.storage = storage
    outputSize = rows
    inputSize = columns
    self.bias = bias
  }

  /// `input`: `[rows, input size]`; `output`: `[rows, output size]`, overwritten, with `activation`
  /// applied to each element.
  public func callAsFunction(
    _ input: Matrix, into output: Matrix, activation: Activation = .linear, workspace: Workspace
  ) {
    check(input, output)
    guard input.rows > 0 else { return }
    switch storage {
    case .stored(let weight):
      product(input, weight, into: output, workspace: workspace)
      activation.apply(to: output, adding: bias, workspace: workspace)
    case .packed(let weight):
      weight.product(
        input, adding: bias, activation: activation, into: output, workspace: workspace)
    }
  }

  /// The product alone, for where the next kernel adds the bias.
  public func product(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    check(input, output)
    guard input.rows > 0 else { return }
    switch storage {
    case .stored(let weight):
      product(input, weight, into: output, workspace: workspace)
    case .packed(let weight):
      weight.product(input, adding: nil, activation: .linear, into: output, workspace: workspace)
    }
  }

  private func check(_ input: Matrix, _ output: Matrix) {
    precondition(
      input.columns == inputSize && output.columns == outputSize && input.rows == output.rows,
      """
      a linear layer of \(inputSize) inputs and \(outputSize) outputs cannot take \
      [\(input.rows), \(input.columns)] to [\(output.rows), \(output.columns)]
      """)
  }

  private func product(
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
