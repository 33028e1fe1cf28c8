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
      for dimension in shape.indices.reversed() {
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
    switch elementType {
    case .float32: UnsafeMutableRawBufferPointer(destination).copyMemory(from: source)
    case .float16: convertAll(source, into: destination, from: UInt16.self, Float.init(float16:))
    case .bfloat16: convertAll(source, into: destination, from: UInt16.self, Float.init(bfloat16:))
    case .float64:
      convertAll(source, into: destination, from: UInt64.self) { Float(Double(bitPattern: $0)) }
    case .int64, .int32, .int16, .int8, .uint8, .bool: preconditionFailure("not floating-point")
    }
  }
}

@inline(__always)
private func convertAll<Bits: FixedWidthInteger & BitwiseCopyable>(
  _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableBufferPointer<Float>,
  from type: Bits.Type, _ convert: (Bits) -> Float
) {
  precondition(source.count == destination.count * MemoryLayout<Bits>.size)
  // Plain pointers, as a check in every step would keep the loop from being vectorized.
  guard let input = source.baseAddress, let output = destination.baseAddress else { return }
  for i in 0..<destination.count {
    let bits = input.loadUnaligned(fromByteOffset: i * MemoryLayout<Bits>.size, as: Bits.self)
    output[i] = convert(Bits(littleEndian: bits))
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

  /// IEEE 754 binary16, without `Float16`, which x86 Macs lack and which calls a library function
  /// for every number where the compiler may not assume F16C.
  ///
  /// Shifted into place, exponent and fraction read as a float32 that is too small by the
  /// difference of the two biases, 2^112; multiplying mends that, subnormal numbers included.
  /// Infinities and NaN keep their fraction and get the full exponent.
  @inline(__always)
  init(float16 bits: UInt16) {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let special: UInt32 = magnitude >= 0x7C00 << 13 ? 0x7F80_0000 : 0
    self.init(bitPattern: scaled | special | UInt32(bits & 0x8000) << 16)
  }
}
