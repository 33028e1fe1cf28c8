/// One number for each parameter of a model: its value, its derivative, or a moment of an optimiser.
///
/// Tensors are views of this memory, which belongs to who trains the model.
public final class Parameters {
  public let layout: ParameterLayout
  private let memory: AlignedMemory

  /// Makes numbers that are all 0.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    memory = AlignedMemory(floats: layout.floatCount)
    fillWithZeros()
  }

  public var byteCount: Int { memory.byteCount }

  /// The numbers of one tensor, row by row, copied. There must be one of that name.
  public func values(of name: String) -> [Float] {
    let entry = layout.entry(name)
    return Array(UnsafeBufferPointer(start: base + entry.offset, count: entry.count))
  }

  /// Overwrites one tensor; as many numbers as it has.
  public func setValues(_ values: [Float], of name: String) {
    let entry = layout.entry(name)
    precondition(values.count == entry.count, "\(name) has \(entry.count) elements")
    values.withUnsafeBufferPointer { values in
      (base + entry.offset).update(from: values.baseAddress!, count: entry.count)
    }
  }

  /// Overwrites one tensor; `fill` must write every element, row by row.
  public func setValues(
    of name: String, _ fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    let entry = layout.entry(name)
    try fill(UnsafeMutableBufferPointer(start: base + entry.offset, count: entry.count))
  }

  public func fillWithZeros() {
    base.update(repeating: 0, count: layout.floatCount)
  }

  /// A tensor as a layer's weight: a view, which follows every change.
  public func weight(_ entry: ParameterLayout.Entry) -> Weight {
    Weight(viewing: memory, base + entry.offset, rows: entry.rows, columns: entry.columns)
  }

  /// A tensor as a bias or a layer norm's weight: a view, which follows every change.
  public func vector(_ entry: ParameterLayout.Entry) -> Vector {
    Vector(
      viewing: Weight(viewing: memory, base + entry.offset, rows: 1, columns: entry.count))
  }

  /// A tensor to read and write; a vector has one row.
  public func matrix(_ entry: ParameterLayout.Entry) -> Matrix {
    precondition(entry.range.upperBound <= layout.floatCount, "outside the parameters")
    return Matrix(
      base: base + entry.offset, owner: memory, rows: entry.rows, columns: entry.columns,
      stride: entry.columns)
  }

  var base: UnsafeMutablePointer<Float> { memory.floats }
}
