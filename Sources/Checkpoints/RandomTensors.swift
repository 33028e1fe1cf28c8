import Files

/// Tensors as BERT is initialised before its training: weights with a standard deviation of 0.02
/// (`initializer_range`), biases 0, layer norms 1. Of an even distribution, which is quick to make.
struct RandomTensors: Sendable {
  /// What messages call the file that there is not.
  static let path = "random weights"

  let seed: UInt64

  func tensor(_ key: String, shape: [Int]) throws(CheckpointError) -> StoredTensor {
    guard let count = StoredTensor.elementCount(shape), count > 0, count < 1 << 40 else {
      throw CheckpointError(
        .unsupported, file: Self.path, key: key, "cannot be made in the shape \(shape)")
    }
    let file: MappedFile
    do {
      file = try MappedFile(path: Self.path, count: count * MemoryLayout<Float>.stride) { bytes in
        fill(bytes.bindMemory(to: Float.self), key: key, isVector: shape.count == 1)
      }
    } catch {
      throw CheckpointError(.unsupported, file: Self.path, key: key, "does not fit into memory")
    }
    return StoredTensor(
      name: key, elementType: .float32, shape: shape, strides: StoredTensor.rowMajorStrides(shape),
      file: file, byteOffset: 0)
  }

  private func fill(
    _ values: UnsafeMutableBufferPointer<Float>, key: String, isVector: Bool
  ) {
    if key.hasSuffix(".bias") { return }  // zero from the start
    // A layer norm's: all other weights are matrices.
    if isVector { return values.update(repeating: 1) }
    // SplitMix64 (Steele, Lea and Flood, 2014), from a place that depends on the name.
    var state = key.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    // An even distribution of this half width has the standard deviation 0.02.
    let width = 0.02 * Float(3).squareRoot()
    for index in values.indices {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      values[index] = Float(Int32(truncatingIfNeeded: mixed >> 32)) * (width / 0x1p31)
    }
  }
}
