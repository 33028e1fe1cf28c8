public import Files

/// A tensor where it lies in a weights file. Nothing of it has been read yet.
///
/// Readers make one only after checking that every element lies inside the file, that the number of
/// elements does not overflow, and that it is not more than the storage holds.
public struct StoredTensor: Sendable {
  /// The key, as in the file.
  public let name: String
  public let elementType: ElementType
  /// The dimensions, outermost first; empty for a single number.
  public let shape: [Int]
  /// The distance from one index to the next in each dimension, in elements; none is negative.
  public let strides: [Int]
  public let file: MappedFile
  /// The first element, in bytes from the start of `file`; not always a multiple of its size.
  public let byteOffset: Int

  /// Takes the tensor's pages off this process's memory, where it has been copied.
  public func releasePages() {
    // A tensor of other strides lies in no more than its storage; this is a part of it.
    let bytes = elementCount * elementType.byteCount
    if let range = file.range(at: byteOffset, count: bytes) { file.releasePages(in: range) }
  }

  /// The product of `shape`.
  public var elementCount: Int { shape.reduce(1, *) }

  /// Whether the elements lie one after another in row-major order.
  public var isContiguous: Bool {
    // Without this the product below could overflow on sizes that an empty tensor never reaches.
    if shape.contains(0) { return true }
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() {
      // A dimension of one index never takes its stride.
      if size != 1 && stride != expected { return false }
      expected *= size
    }
    return true
  }

  init(
    name: String, elementType: ElementType, shape: [Int], strides: [Int], file: MappedFile,
    byteOffset: Int
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.strides = strides
    self.file = file
    self.byteOffset = byteOffset
  }

  /// The strides of a row-major tensor whose `elementCount(_:)` does not overflow.
  static func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    if shape.contains(0) { return strides }
    for i in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[i] = strides[i + 1] * shape[i + 1]
    }
    return strides
  }

  /// The product of `shape`, or nil where it overflows or a size is negative.
  static func elementCount(_ shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow || size < 0 { return nil }
      count = product
    }
    return count
  }
}
