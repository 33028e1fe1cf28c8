import CKernels

/// A layer norm on the way forward and back: `norm(dropout(x + bias) + residual)`.
extension LayerNorm {
  /// What the way back needs.
  public struct Saved {
    /// The rows before weight and bias, as many as the input has.
    public let normalised: Matrix
    /// [1, rows]: one over each row's standard deviation.
    let inverse: Matrix
  }

  /// Adds dropped rows and residual, normalises the sums and keeps what the way back needs.
  ///
  /// - Parameters:
  ///   - x: Becomes part of what is saved.
  ///   - productBias: Added to every row of `x`.
  ///   - dropout: Of `x` with its bias; nil for none.
  ///   - rowNumbers: One a row, for the dropout.
  ///   - residual: Of the shape of `x`, added to what is left of it.
  ///   - output: As many rows as `x`, overwritten.
  ///   - workspace: Gives the memory of what is saved.
  public func forward(
    _ x: Matrix, adding productBias: Vector? = nil, dropout: DropoutMask? = nil,
    rowNumbers: [UInt64] = [], residual: Matrix? = nil, into output: Matrix, workspace: Workspace
  ) -> Saved {
    precondition(
      x.columns == weight.count && output.rows == x.rows && output.columns == x.columns
        && (productBias == nil || productBias!.count == x.columns)
        && (residual == nil || residual!.rows == x.rows && residual!.columns == x.columns)
        && (dropout == nil || rowNumbers.count == x.rows),
      "a layer norm of size \(weight.count) cannot take [\(x.rows), \(x.columns)]")
    let inverse = workspace.matrix(rows: 1, columns: x.rows)
    dropout.withKernel { dropout in
      rowNumbers.withUnsafeBufferPointer { rowNumbers in
        var job = c4b_layer_norm_job(
          x: x.base, x_stride: x.stride, bias: productBias?.base, residual: residual?.base,
          residual_stride: residual?.stride ?? 0, weight: weight.base, shift: bias.base,
          epsilon: epsilon, inverse: inverse.base, out: output.base, out_stride: output.stride,
          rows: x.rows, columns: x.columns, dropout: dropout, row_numbers: rowNumbers.baseAddress)
        Processor.table.layer_norm_forward(&job)
      }
    }
    return Saved(normalised: x, inverse: inverse)
  }

  /// Takes the derivatives by the output to those by input, residual, weight and bias.
  ///
  /// - Parameters:
  ///   - gradient: By the output; becomes that by the sum of dropped `x` and residual.
  ///   - saved: What ``forward(_:adding:dropout:rowNumbers:residual:into:workspace:)`` gave.
  ///   - dropout: As on the way forward.
  ///   - rowNumbers: As on the way forward.
  ///   - weightGradient: Added to, one row, as the next two.
  ///   - biasGradient: Added to, one row.
  ///   - productBiasGradient: Added to, one row; nil where there was no such bias.
  ///   - xGradient: By `x`, overwritten; without dropout it is `gradient`, and nil may be given.
  public func backward(
    _ gradient: Matrix, saved: Saved, dropout: DropoutMask? = nil, rowNumbers: [UInt64] = [],
    weightGradient: Matrix, biasGradient: Matrix, productBiasGradient: Matrix? = nil,
    xGradient: Matrix? = nil
  ) {
    let (rows, columns) = (gradient.rows, gradient.columns)
    precondition(
      columns == weight.count && saved.normalised.rows == rows
        && saved.normalised.columns == columns
        && (dropout == nil || rowNumbers.count == rows && xGradient != nil),
      "a gradient of another shape")
    for sum in [weightGradient, biasGradient, productBiasGradient ?? biasGradient] {
      precondition(sum.rows == 1 && sum.columns == columns, "a sum for each column")
    }
    precondition(
      xGradient == nil || xGradient!.rows == rows && xGradient!.columns == columns,
      "a gradient of another shape")
    dropout.withKernel { dropout in
      rowNumbers.withUnsafeBufferPointer { rowNumbers in
        var job = c4b_layer_norm_gradients(
          gradient: gradient.base, gradient_stride: gradient.stride,
          normalised: saved.normalised.base, normalised_stride: saved.normalised.stride,
          inverse: saved.inverse.base, weight: weight.base, weight_gradient: weightGradient.base,
          shift_gradient: biasGradient.base, bias_gradient: productBiasGradient?.base,
          x_gradient: xGradient?.base, x_gradient_stride: xGradient?.stride ?? 0, rows: rows,
          columns: columns, dropout: dropout, row_numbers: rowNumbers.baseAddress)
        Processor.table.layer_norm_backward(&job)
      }
    }
  }
}
