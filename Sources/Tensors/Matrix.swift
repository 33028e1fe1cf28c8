/// A row-major matrix of activations: a view of memory that a ``Workspace`` owns, or of its own.
///
/// Copies of a `Matrix` share their elements, as slices of one tensor do. A view keeps its memory
/// alive. It is not `Sendable`: a forward pass stays on one thread at a time.
public struct Matrix {
  public let rows: Int
  public let columns: Int
  /// Distance between the starts of neighbouring rows, in elements.
  public let stride: Int

  let base: UnsafeMutablePointer<Float>
  private let owner: AlignedMemory

  init(
    base: UnsafeMutablePointer<Float>, owner: AlignedMemory, rows: Int, columns: Int, stride: Int
  ) {
    self.base = base
    self.owner = owner
    self.rows = rows
    self.columns = columns
    self.stride = stride
  }

  /// A matrix of its own, filled with zeros.
  public init(rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative extent")
    let memory = AlignedMemory(floats: rows * columns)
    memory.floats.initialize(repeating: 0, count: rows * columns)
    self.init(base: memory.floats, owner: memory, rows: rows, columns: columns, stride: columns)
  }

  /// A matrix of its own with these rows, which must be equally long.
  public init(_ values: [[Float]]) {
    self.init(rows: values.count, columns: values.first?.count ?? 0)
    for (row, elements) in values.enumerated() {
      precondition(elements.count == columns, "row \(row) has another length")
      for (column, element) in elements.enumerated() { self[row, column] = element }
    }
  }

  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      return base[row * stride + column]
    }
    nonmutating set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      base[row * stride + column] = newValue
    }
  }

  /// A view of some rows.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside the matrix")
    return Matrix(
      base: base + range.lowerBound * stride, owner: owner, rows: range.count, columns: columns,
      stride: stride)
  }

  /// A view of some columns.
  public func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns outside the matrix")
    return Matrix(
      base: base + range.lowerBound, owner: owner, rows: rows, columns: range.count, stride: stride)
  }

  /// The elements of a row, copied.
  public func row(_ index: Int) -> [Float] {
    precondition(index >= 0 && index < rows, "outside the matrix")
    return Array(UnsafeBufferPointer(start: base + index * stride, count: columns))
  }

  /// Overwrites row `index` with row `source` of `other`, which has as many columns.
  public func copyRow(_ source: Int, of other: Matrix, to index: Int) {
    precondition(
      index >= 0 && index < rows && source >= 0 && source < other.rows && columns == other.columns,
      "outside the matrix")
    (base + index * stride).update(from: other.base + source * other.stride, count: columns)
  }
}
