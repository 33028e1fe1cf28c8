import CKernels

extension Activation {
  /// `output = activation(x + bias)`; `x` stays for the way back.
  public func forward(_ x: Matrix, adding bias: Vector? = nil, into output: Matrix) {
    precondition(
      output.rows == x.rows && output.columns == x.columns
        && (bias == nil || bias!.count == x.columns), "an output of another shape")
    Processor.table.activate_into(
      kernel, x.base, x.stride, bias?.base, output.base, output.stride, x.rows, x.columns)
  }

  /// Takes the derivatives by the output to those by the input and the bias.
  ///
  /// - Parameters:
  ///   - gradient: By the output; becomes that by `x`.
  ///   - x: As it went forward; becomes `activation(x + bias)`.
  ///   - bias: Added to every row of `x`.
  ///   - biasGradient: One row, added to.
  public func backward(
    _ gradient: Matrix, x: Matrix, adding bias: Vector? = nil, biasGradient: Matrix? = nil
  ) {
    precondition(
      gradient.rows == x.rows && gradient.columns == x.columns
        && (bias == nil || bias!.count == x.columns)
        && (biasGradient == nil || biasGradient!.rows == 1 && biasGradient!.columns == x.columns),
      "a gradient of another shape")
    Processor.table.activation_backward(
      kernel, x.base, x.stride, bias?.base, gradient.base, gradient.stride, biasGradient?.base,
      x.rows, x.columns)
  }
}
