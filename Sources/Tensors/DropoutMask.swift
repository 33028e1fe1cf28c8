import CKernels

/// Which elements of a matrix are dropped in one place of a model at one step (Srivastava et al., 2014):
/// a function of the key, the number of an element's row, and its column. Nothing is stored, and it does
/// not matter how rows are shared out.
public struct DropoutMask: Sendable, Equatable {
  public let key: UInt64
  /// The share of elements that is dropped, from 0 to 1; of 1 nothing is left, as in PyTorch.
  public let probability: Double

  public init(key: UInt64, probability: Double) {
    precondition(probability >= 0 && probability <= 1, "a probability from 0 to 1")
    self.key = key
    self.probability = probability
  }

  /// Drops elements of `matrix` and scales up the others; on the way back, of its gradient.
  ///
  /// - Parameters:
  ///   - matrix: Changed in place.
  ///   - rowNumbers: One a row.
  public func apply(to matrix: Matrix, rowNumbers: [UInt64]) {
    precondition(rowNumbers.count == matrix.rows, "a number for each row")
    var dropout = kernel
    Processor.table.dropout(
      &dropout, rowNumbers, matrix.base, matrix.stride, matrix.rows, matrix.columns)
  }

  fileprivate var kernel: c4b_dropout {
    c4b_dropout(
      key: key, threshold: UInt32(min(probability * 0x1p32, 0x1p32 - 1)),
      // The threshold cannot drop all; a scale of 0 does.
      scale: probability < 1 ? Float(1 / (1 - probability)) : 0)
  }
}

extension DropoutMask? {
  /// The C side's view of it, or nil for no dropout.
  func withKernel<Result>(_ body: (UnsafePointer<c4b_dropout>?) -> Result) -> Result {
    guard let mask = self else { return body(nil) }
    return withUnsafePointer(to: mask.kernel) { body($0) }
  }
}
