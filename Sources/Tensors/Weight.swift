public import Files

/// A read-only row-major matrix: a layer's weight, `[output size, input size]` as PyTorch stores it.
/// Either a view of a mapped file, used in place, or memory of its own.
public struct Weight: @unchecked Sendable {
  public let rows: Int
  public let columns: Int

  // Immutable once made, and kept alive by `owner`: safe to read from any thread.
  let base: UnsafePointer<Float>
  private let owner: any AnyObject & Sendable

  /// Uses single-precision values where they lie in a mapped file.
  ///
  /// Returns nil where they cannot be: the offset is not a multiple of 4 bytes, or the values would
  /// reach outside the file.
  public init?(mapping file: MappedFile, byteOffset: Int, rows: Int, columns: Int) {
    let (elements, tooMany) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = elements.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard rows > 0, columns > 0, !tooMany, !tooLarge,
      byteOffset % MemoryLayout<Float>.alignment == 0,
      file.range(at: byteOffset, count: bytes) != nil
    else { return nil }
    self.rows = rows
    self.columns = columns
    base = (file.unsafeBaseAddress + byteOffset).assumingMemoryBound(to: Float.self)
    owner = file
  }

  /// A view of memory that others write, but not while the weight is in use.
  init(viewing memory: AlignedMemory, _ base: UnsafePointer<Float>, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    self.base = base
    owner = memory
  }

  /// Memory of its own; `fill` must write every element, row by row.
  public init(
    rows: Int, columns: Int, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    precondition(rows > 0 && columns > 0, "a weight has at least one element")
    let memory = AlignedMemory(floats: rows * columns)
    try fill(UnsafeMutableBufferPointer(start: memory.floats, count: rows * columns))
    self.rows = rows
    self.columns = columns
    base = UnsafePointer(memory.floats)
    owner = memory
  }

  /// A copy of these rows, which must be equally long.
  public init(_ values: [[Float]]) {
    self.init(rows: values.count, columns: values.first?.count ?? 0) { buffer in
      _ = buffer.update(fromContentsOf: values.joined())
    }
  }

  /// The elements of a row, copied.
  public func row(_ index: Int) -> [Float] {
    precondition(index >= 0 && index < rows, "outside the weight")
    return Array(UnsafeBufferPointer(start: base + index * columns, count: columns))
  }
}

/// A read-only vector: a bias, or a layer norm's weight.
public struct Vector: Sendable {
  let matrix: Weight

  public var count: Int { matrix.columns }

  public init?(mapping file: MappedFile, byteOffset: Int, count: Int) {
    guard let matrix = Weight(mapping: file, byteOffset: byteOffset, rows: 1, columns: count) else {
      return nil
    }
    self.matrix = matrix
  }

  public init(
    count: Int, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    matrix = try Weight(rows: 1, columns: count, fill: fill)
  }

  public init(_ values: [Float]) {
    matrix = Weight([values])
  }

  init(viewing matrix: Weight) {
    self.matrix = matrix
  }

  public var elements: [Float] { matrix.row(0) }

  var base: UnsafePointer<Float> { matrix.base }
}
