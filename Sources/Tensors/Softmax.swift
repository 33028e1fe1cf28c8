import CKernels

extension Matrix {
  /// Replaces each row by its softmax: `e^(x - max x)`, scaled to the sum 1.
  public func applySoftmax() {
    guard columns > 0 else { return }
    Processor.table.softmax(base, stride, rows, columns)
  }
}
