import CKernels

/// Layer normalisation of each row ([torch.nn.LayerNorm]; Ba, Kiros and Hinton, 2016).
///
/// [torch.nn.LayerNorm]: https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
public struct LayerNorm: Sendable {
  /// The factor of each element, `[size]`.
  public let weight: Vector
  /// The summand of each element, `[size]`.
  public let bias: Vector
  public let epsilon: Float

  public init(weight: Vector, bias: Vector, epsilon: Float) {
    precondition(weight.count == bias.count, "weight and bias of one size")
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  /// `matrix = norm(matrix + productBias + residual)`, in place: the end of a transformer block, where
  /// `matrix` is the product of a linear layer whose bias has not been added yet.
  public func apply(
    to matrix: Matrix, adding productBias: Vector? = nil, residual: Matrix? = nil,
    workspace: Workspace
  ) {
    precondition(
      matrix.columns == weight.count && (productBias == nil || productBias!.count == weight.count),
      "a layer norm of size \(weight.count) cannot take rows of \(matrix.columns)")
    precondition(
      residual == nil || residual!.rows == matrix.rows && residual!.columns == matrix.columns,
      "the residual has another shape")
    workspace.split(matrix.rows, cost: matrix.columns * Work.element) { _, rows in
      let base = matrix.base + rows.lowerBound * matrix.stride
      Processor.table.layer_norm(
        base, matrix.stride, productBias?.base,
        residual.map { $0.base + rows.lowerBound * $0.stride }, residual?.stride ?? 0, weight.base,
        bias.base, epsilon, base, matrix.stride, rows.count, matrix.columns)
    }
  }
}
