import CKernels
import COpenBLAS

extension Matrix {
  /// `self = a b`, or that added to `self`; `a` transposed where asked to. On the calling thread alone.
  ///
  /// - Parameters:
  ///   - a: `[rows, inner]`, or `[inner, rows]` where it is taken `transposed`.
  ///   - transposed: Whether `a` is taken transposed.
  ///   - b: `[inner, columns]`
  ///   - adding: Whether the product is added to what is there.
  ///   - multiplication: Nil for single precision.
  public func setProduct(
    _ a: Matrix, transposed: Bool = false, times b: Matrix, adding: Bool = false,
    by multiplication: Multiplication? = nil
  ) {
    setProduct(a, transposed, b, false, adding: adding, by: multiplication)
  }

  /// `self = a bᵀ`, as a linear layer computes it.
  public func setProduct(
    _ a: Matrix, timesTransposed b: Matrix, by multiplication: Multiplication? = nil
  ) {
    setProduct(a, false, b, true, adding: false, by: multiplication)
  }

  private func setProduct(
    _ a: Matrix, _ aTransposed: Bool, _ b: Matrix, _ bTransposed: Bool, adding: Bool,
    by multiplication: Multiplication?
  ) {
    let (m, k) = aTransposed ? (a.columns, a.rows) : (a.rows, a.columns)
    let (bRows, n) = bTransposed ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(
      k == bRows && m == rows && n == columns,
      "[\(m), \(k)] times [\(bRows), \(n)] to [\(rows), \(columns)]")
    guard m > 0, n > 0 else { return }
    guard k > 0 else {
      if !adding { fillWithZeros() }
      return
    }
    let isPacked = multiplication?.multiply(
      .init(matrix: a, isAcross: aTransposed), .init(matrix: b, isAcross: !bTransposed), to: self,
      adding: adding)
    if isPacked == true { return }
    c4b_sgemm(
      aTransposed, bTransposed, Int32(m), Int32(n), Int32(k), 1, a.base, Int32(a.stride), b.base,
      Int32(b.stride), adding ? 1 : 0, base, Int32(stride))
  }

  public func fillWithZeros() {
    for row in 0..<rows { (base + row * stride).update(repeating: 0, count: columns) }
  }

  /// Adds row `source` of `other` to row `index`.
  public func addRow(_ source: Int, of other: Matrix, to index: Int) {
    precondition(
      index >= 0 && index < rows && source >= 0 && source < other.rows && columns == other.columns,
      "outside the matrix")
    Processor.table.accumulate(base + index * stride, other.base + source * other.stride, columns)
  }

  /// Adds the sums of the columns of `other` to the one row of this matrix.
  public func addColumnSums(of other: Matrix) {
    precondition(rows == 1 && columns == other.columns, "a sum for each column")
    Processor.table.column_sums(other.base, other.stride, other.rows, columns, base)
  }
}
