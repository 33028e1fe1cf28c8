import CKernels

/// Attention on the way forward and back. Nothing that grows with the square of a sequence is stored:
/// the way back computes the probabilities again, from the logarithms of their sums.
extension Attention {
  /// What one sequence reads and writes.
  public struct Sequence {
    /// A row a token.
    public let query: Matrix
    public let key: Matrix
    public let value: Matrix
    /// A row for each row of `query`.
    public let output: Matrix
    /// The logarithms of the sums that the softmax divides by, [queries, heads].
    public let logSums: Matrix
    /// The numbers of the rows for the dropout, one a query.
    public let rowNumbers: ArraySlice<UInt64>

    public init(
      query: Matrix, key: Matrix, value: Matrix, output: Matrix, logSums: Matrix,
      rowNumbers: ArraySlice<UInt64>
    ) {
      self.query = query
      self.key = key
      self.value = value
      self.output = output
      self.logSums = logSums
      self.rowNumbers = rowNumbers
    }
  }

  /// Writes `output` and `logSums`. All biases must be there.
  public func forward(_ sequence: Sequence, dropout: DropoutMask?, workspace: Workspace) {
    withJob(sequence, dropout: dropout, workspace: workspace) { job, scratch in
      Processor.table.attention_forward(job, scratch)
    }
  }

  /// Takes the derivatives by `output` to those by query, key and value, which are overwritten.
  public func backward(
    _ sequence: Sequence, outputGradient: Matrix, queryGradient: Matrix, keyGradient: Matrix,
    valueGradient: Matrix, dropout: DropoutMask?, workspace: Workspace
  ) {
    precondition(
      outputGradient.rows == sequence.query.rows && queryGradient.rows == sequence.query.rows
        && keyGradient.rows == sequence.key.rows && valueGradient.rows == sequence.key.rows
        && [outputGradient, queryGradient, keyGradient, valueGradient].allSatisfy {
          $0.columns == headCount * headSize
        }, "gradients of other shapes")
    var gradients = c4b_attention_gradients(
      output: outputGradient.base, output_stride: outputGradient.stride, query: queryGradient.base,
      key: keyGradient.base, value: valueGradient.base, query_stride: queryGradient.stride,
      key_stride: keyGradient.stride, value_stride: valueGradient.stride)
    withJob(sequence, dropout: dropout, workspace: workspace) { job, scratch in
      Processor.table.attention_backward(job, &gradients, scratch)
    }
  }

  private func withJob(
    _ sequence: Sequence, dropout: DropoutMask?, workspace: Workspace,
    _ body: (UnsafePointer<c4b_attention_training_job>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let (query, key, value) = (sequence.query, sequence.key, sequence.value)
    let size = headCount * headSize
    guard let queryBias, let keyBias, let valueBias else {
      preconditionFailure("attention without biases")
    }
    precondition(
      [query, key, value, sequence.output].allSatisfy { $0.columns == size }
        && key.rows == value.rows && query.rows <= key.rows && sequence.output.rows == query.rows
        && sequence.logSums.rows == query.rows && sequence.logSums.columns == headCount
        && (dropout == nil || sequence.rowNumbers.count == query.rows),
      "queries, keys, values and output of one hidden size, \(size)")
    guard query.rows > 0 else { return }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let scratch = workspace.scratch(
      floats: Processor.table.attention_training_scratch(key.rows, headSize))
    dropout.withKernel { dropout in
      sequence.rowNumbers.withUnsafeBufferPointer { rowNumbers in
        var job = c4b_attention_training_job(
          query: query.base, key: key.base, value: value.base, query_stride: query.stride,
          key_stride: key.stride, value_stride: value.stride, query_bias: queryBias.base,
          key_bias: keyBias.base, value_bias: valueBias.base, output: sequence.output.base,
          output_stride: sequence.output.stride, log_sums: sequence.logSums.base,
          log_sums_stride: sequence.logSums.stride, queries: query.rows, length: key.rows,
          head_size: headSize, heads: headCount, scale: 1 / Float(headSize).squareRoot(),
          dropout: dropout, row_numbers: rowNumbers.baseAddress)
        body(&job, scratch)
      }
    }
  }
}
