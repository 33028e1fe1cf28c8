import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Matrix {
  /// How far the softened distributions of these rows of logits are from those of `teacher`: the
  /// Kullback-Leibler divergence `Σ p (log p − log q)` summed over all rows, where `p` is the softmax
  /// of the teacher's row over the temperature and `q` that of this one (Hinton, Vinyals and Dean,
  /// 2015; torch.nn.KLDivLoss).
  ///
  /// - Parameters:
  ///   - teacher: Logits of the same shape.
  ///   - temperature: Positive; above 1 it flattens both distributions.
  ///   - scale: What the derivatives are multiplied by.
  ///   - gradient: Of the same shape: `scale` times the derivative by these logits, `(q − p) /
  ///     temperature`, is added to it.
  ///   - workspace: Gives two rows of memory.
  public func divergence(
    from teacher: Matrix, temperature: Float, scale: Float, addingTo gradient: Matrix,
    workspace: Workspace
  ) -> Double {
    precondition(
      rows == teacher.rows && columns == teacher.columns && rows == gradient.rows
        && columns == gradient.columns, "logits, the teacher's logits and gradient of one shape")
    precondition(temperature > 0, "a positive temperature")
    guard columns > 0 else { return 0 }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let p = workspace.scratch(floats: columns)
    let q = workspace.scratch(floats: columns)
    let inverse = 1 / temperature
    var sum = 0.0
    for row in 0..<rows {
      let student = base + row * stride
      let wanted = teacher.base + row * teacher.stride
      let slope = gradient.base + row * gradient.stride
      var (best, wantedBest) = (0, 0)
      for column in 0..<columns {
        p[column] = wanted[column] * inverse
        q[column] = student[column] * inverse
        if wanted[column] > wanted[wantedBest] { wantedBest = column }
        if student[column] > student[best] { best = column }
      }
      let (wantedTop, top) = (p[wantedBest], q[best])
      Processor.table.softmax(p, columns, 1, columns)
      Processor.table.softmax(q, columns, 1, columns)
      // `log p` is a logit less the logarithm of the powers' sum, which the likeliest column gives
      // without a logarithm of anything small.
      var mean = 0.0
      for column in 0..<columns {
        mean += Double(p[column]) * Double(wanted[column] - student[column])
        slope[column] += scale * inverse * (q[column] - p[column])
      }
      let wantedLogSum = Double(wantedTop) - log(Double(p[wantedBest]))
      let logSum = Double(top) - log(Double(q[best]))
      sum += mean * Double(inverse) - wantedLogSum + logSum
    }
    return sum
  }
}
