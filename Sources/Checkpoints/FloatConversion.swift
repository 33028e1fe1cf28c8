import Files
import Tensors

extension StoredTensor {
  /// The values in row-major order, whatever the strides, as `copyFloats(into:)` gives them.
  public func floats() throws(CheckpointError) -> [Float] {
    try requireFloatingPoint()
    return [Float](unsafeUninitializedCapacity: elementCount) { buffer, count in
      convert(into: buffer)
      count = buffer.count
    }
  }

  /// Fills `destination` with the values in row-major order, whatever the strides.
  ///
  /// float16 and bfloat16 are widened exactly; float64 is rounded to nearest.
  /// - Parameter destination: Room for exactly `elementCount` numbers; need not be initialized.
  /// - Throws: ``CheckpointError`` for a tensor of integers.
  public func copyFloats(
    into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try requireFloatingPoint()
    precondition(destination.count == elementCount, "the destination has another size")
    convert(into: destination)
  }

  private func requireFloatingPoint() throws(CheckpointError) {
    guard elementType.isFloatingPoint else {
      throw CheckpointError(
        .mismatched, file: file.path, key: name,
        "holds \(elementType.name) where floating-point numbers are expected")
    }
  }

  /// Rows are runs along the last dimension; a contiguous tensor is one long row.
  private func convert(into destination: UnsafeMutableBufferPointer<Float>) {
    guard !destination.isEmpty else { return }
    if isContiguous {
      let byteCount = elementCount * elementType.byteCount
      file.withUnsafeBytes(in: byteOffset..<byteOffset + byteCount) { source in
        convertRow(source, into: destination)
      }
      return
    }
    var index = [Int](repeating: 0, count: shape.count)
    var element = 0
    for position in destination.indices {
      let start = byteOffset + element * elementType.byteCount
      file.withUnsafeBytes(in: start..<start + elementType.byteCount) { source in
        convertRow(
          source, into: UnsafeMutableBufferPointer(rebasing: destination[position...position]))
      }
      // Counts like an odometer, the last dimension fastest.
      // A dimension of one index never takes its stride, which may be any number.
      for dimension in shape.indices.reversed() where shape[dimension] > 1 {
        index[dimension] += 1
        element += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        element -= strides[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
  }

  private func convertRow(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableBufferPointer<Float>
  ) {
    if let stored = elementType.storedFloat {
      stored.widen(source, into: destination)
      return
    }
    precondition(elementType == .float64, "not floating-point")
    precondition(source.count == destination.count * MemoryLayout<UInt64>.size)
    for index in destination.indices {
      let bits = source.loadUnaligned(
        fromByteOffset: index * MemoryLayout<UInt64>.size, as: UInt64.self)
      destination[index] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
    }
  }
}

extension Float {
  /// bfloat16 is the upper half of a float32.
  @inline(__always)
  init(bfloat16 bits: UInt16) {
    self.init(bitPattern: UInt32(bits) << 16)
  }

  /// The nearest bfloat16, of two equally near ones the one with an even last bit, as PyTorch rounds;
  /// a NaN stays one.
  @inline(__always)
  var bfloat16Bits: UInt16 {
    if isNaN { return UInt16(bitPattern >> 16) | 0x40 }
    let bits = bitPattern
    return UInt16((bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  /// What is left of the number in bfloat16.
  public var roundedToBFloat16: Float { Float(bfloat16: bfloat16Bits) }
}
