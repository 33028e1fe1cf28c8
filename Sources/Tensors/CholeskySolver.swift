import COpenBLAS

/// Solves `A x = b` for a symmetric positive definite `A`, factored once (LAPACK's `dpotrf` and
/// `dpotrs`).
///
///     let solver = CholeskySolver(DoubleMatrix([[4, 0], [2, 3]]))!  // [[4, 2], [2, 3]]
///     solver.solve(DoubleMatrix([[8, 7]]))  // [[1.25, 1.5]]
public struct CholeskySolver: Sendable {
  private let factor: DoubleMatrix

  /// Factors the square matrix whose lower triangle is given; nil where it is not positive definite.
  public init?(_ matrix: DoubleMatrix) {
    precondition(matrix.rows == matrix.columns, "a square matrix")
    BLAS.useOneThreadPerCall()
    var factor = matrix
    let minor = factor.elements.withUnsafeMutableBufferPointer { elements in
      elements.isEmpty ? 0 : c4b_dpotrf(Int32(matrix.rows), elements.baseAddress!)
    }
    guard minor == 0 else { return nil }
    self.factor = factor
  }

  /// The solutions for right sides, a row each: [count, n] to the same.
  public func solve(_ rightSides: DoubleMatrix) -> DoubleMatrix {
    precondition(rightSides.columns == factor.rows, "right sides as long as the matrix")
    var solutions = rightSides
    guard !solutions.elements.isEmpty else { return solutions }
    solutions.elements.withUnsafeMutableBufferPointer { solutions in
      factor.elements.withUnsafeBufferPointer { factor in
        c4b_dpotrs(
          Int32(rightSides.columns), Int32(rightSides.rows), factor.baseAddress!,
          solutions.baseAddress!)
      }
    }
    return solutions
  }
}
