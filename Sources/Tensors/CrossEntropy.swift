import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Matrix {
  /// `−log softmax(row)[label]`, summed over the rows of logits that have a label
  /// (torch.nn.CrossEntropyLoss with `reduction="sum"`).
  ///
  /// - Parameters:
  ///   - labels: One a row, below the number of columns; nil for a row that does not count.
  ///   - scale: What the derivatives are multiplied by.
  ///   - gradient: Of the same shape: `scale` times the derivative by these logits is added to it.
  ///   - workspace: Gives a row of memory.
  public func crossEntropy(
    labels: some Collection<Int?>, scale: Float, addingTo gradient: Matrix, workspace: Workspace
  ) -> Double {
    precondition(
      rows == labels.count && rows == gradient.rows && columns == gradient.columns,
      "a label or nil for each row, and a gradient of the same shape")
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let q = workspace.scratch(floats: columns)
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      guard let label else { continue }
      precondition((0..<columns).contains(label), "a label outside the columns")
      let logits = base + row * stride
      let slope = gradient.base + row * gradient.stride
      q.update(from: logits, count: columns)
      var best = 0
      for column in 0..<columns where logits[column] > logits[best] { best = column }
      Processor.table.softmax(q, columns, 1, columns)
      // As for the divergence: from the likeliest column, whose share is not small.
      sum += Double(logits[best]) - log(Double(q[best])) - Double(logits[label])
      for column in 0..<columns { slope[column] += scale * q[column] }
      slope[label] -= scale
    }
    return sum
  }
}
