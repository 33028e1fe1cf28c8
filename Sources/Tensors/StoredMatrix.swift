import CKernels
public import Files

/// A row-major matrix as a checkpoint holds it: in place in a mapped file, in the precision it is
/// stored in, on any address. What computes with it converts the rows it reads, or all once.
public struct StoredMatrix: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  public let element: StoredFloat

  // Immutable, and kept alive by `owner`: safe to read from any thread.
  let base: UnsafeRawPointer
  private let owner: Owner

  private enum Owner: Sendable {
    case file(MappedFile)
    case weight(Weight)
  }

  /// Returns nil where the matrix would reach outside the file.
  public init?(
    mapping file: MappedFile, byteOffset: Int, element: StoredFloat, rows: Int, columns: Int
  ) {
    let (elements, tooMany) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = elements.multipliedReportingOverflow(by: element.byteCount)
    guard rows > 0, columns > 0, !tooMany, !tooLarge,
      file.range(at: byteOffset, count: bytes) != nil
    else { return nil }
    self.rows = rows
    self.columns = columns
    self.element = element
    base = file.unsafeBaseAddress + byteOffset
    owner = .file(file)
  }

  /// A view of a weight in memory.
  public init(_ weight: Weight) {
    rows = weight.rows
    columns = weight.columns
    element = .float32
    base = UnsafeRawPointer(weight.base)
    owner = .weight(weight)
  }

  /// The first byte of a row.
  func row(_ index: Int) -> UnsafeRawPointer {
    base + index * columns * element.byteCount
  }

  /// The matrix as single-precision numbers where they lie, if they are such and aligned.
  var floats: UnsafePointer<Float>? {
    guard element == .float32, UInt(bitPattern: base) % UInt(MemoryLayout<Float>.alignment) == 0
    else { return nil }
    return base.assumingMemoryBound(to: Float.self)
  }

  /// Lets the system take back the memory that the matrix occupies, because it has been copied. A
  /// later read brings it back from the file.
  func releasePages() {
    guard case .file(let file) = owner else { return }
    let offset = base - file.unsafeBaseAddress
    file.releasePages(in: offset..<offset + rows * columns * element.byteCount)
  }

  /// Single-precision numbers: in place where they are such, otherwise a copy.
  var weight: Weight {
    if case .weight(let weight) = owner { return weight }
    if case .file(let file) = owner, element == .float32,
      let weight = Weight(
        mapping: file, byteOffset: base - file.unsafeBaseAddress, rows: rows, columns: columns)
    {
      return weight
    }
    return Weight(rows: rows, columns: columns) { output in
      element.widen(
        UnsafeRawBufferPointer(start: base, count: rows * columns * element.byteCount),
        into: output)
    }
  }
}
