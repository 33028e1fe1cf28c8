import COpenBLAS

/// A row-major matrix in double precision with the semantics of a value: for solvers, where rounding
/// adds up over many steps.
public struct DoubleMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// Row by row.
  public var elements: [Double]

  /// Makes a matrix of zeros.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative extent")
    self.rows = rows
    self.columns = columns
    elements = [Double](repeating: 0, count: rows * columns)
  }

  /// These rows, which must be equally long.
  public init(_ values: [[Double]]) {
    self.init(rows: values.count, columns: values.first?.count ?? 0)
    precondition(values.allSatisfy { $0.count == columns }, "a row has another length")
    elements = Array(values.joined())
  }

  public subscript(row: Int, column: Int) -> Double {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      return elements[row * columns + column]
    }
    set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      elements[row * columns + column] = newValue
    }
  }

  /// The elements of a row.
  public func row(_ index: Int) -> ArraySlice<Double> {
    precondition(index >= 0 && index < rows, "outside the matrix")
    return elements[index * columns..<(index + 1) * columns]
  }

  /// `op(self) op(other)`, where `op` transposes where asked to.
  public func times(
    _ other: DoubleMatrix, transposed: Bool = false, otherTransposed: Bool = false
  ) -> DoubleMatrix {
    BLAS.useOneThreadPerCall()
    let (m, k) = transposed ? (columns, rows) : (rows, columns)
    let (otherK, n) =
      otherTransposed ? (other.columns, other.rows) : (other.rows, other.columns)
    precondition(k == otherK, "[\(m), \(k)] times [\(otherK), \(n)]")
    var result = DoubleMatrix(rows: m, columns: n)
    guard m > 0, n > 0, k > 0 else { return result }
    result.elements.withUnsafeMutableBufferPointer { result in
      elements.withUnsafeBufferPointer { a in
        other.elements.withUnsafeBufferPointer { b in
          c4b_dgemm(
            transposed, otherTransposed, Int32(m), Int32(n), Int32(k), 1, a.baseAddress!,
            Int32(columns), b.baseAddress!, Int32(other.columns), 0, result.baseAddress!, Int32(n))
        }
      }
    }
    return result
  }

  /// `selfᵀ diag(weights) self`, [columns, columns], of which only the lower triangle is filled; one
  /// weight from 0 on for each row.
  public func weightedGram(_ weights: [Double]) -> DoubleMatrix {
    precondition(weights.count == rows, "one weight for each row")
    BLAS.useOneThreadPerCall()
    var result = DoubleMatrix(rows: columns, columns: columns)
    guard columns > 0 else { return result }
    // Rows of weight 0, such as those held out of a fit, are left out.
    let used = weights.indices.filter { weights[$0] > 0 }
    // Scaled in blocks that stay in the cache.
    let blockSize = 128
    var block = [Double](repeating: 0, count: blockSize * columns)
    for start in stride(from: 0, to: used.count, by: blockSize) {
      let rows = used[start..<min(start + blockSize, used.count)]
      block.withUnsafeMutableBufferPointer { block in
        elements.withUnsafeBufferPointer { elements in
          for (index, row) in rows.enumerated() {
            let scale = weights[row].squareRoot()
            let (from, to) = (row * columns, index * columns)
            for column in 0..<columns { block[to + column] = scale * elements[from + column] }
          }
        }
        result.elements.withUnsafeMutableBufferPointer { result in
          c4b_dsyrk(
            Int32(columns), Int32(rows.count), 1, block.baseAddress!, Int32(columns), 1,
            result.baseAddress!, Int32(columns))
        }
      }
    }
    return result
  }
}
