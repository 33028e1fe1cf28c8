import Checkpoints
import Tensors

/// From named tensors of a file to the types that layers are made of. Single-precision tensors are
/// used in place; the others are converted once, and those of an encoder's layers packed where its
/// precision asks for it. Word embeddings stay as they are stored.
extension NamedWeights {
  /// `key.weight`, [outputs, inputs], and `key.bias`, [outputs]: in single precision.
  mutating func linear(_ key: String, inputs: Int, outputs: Int) throws -> Linear {
    Linear(
      weight: try weight("\(key).weight", rows: outputs, columns: inputs),
      bias: try vector("\(key).bias", count: outputs))
  }

  /// The same for a layer of the encoder, in the precision that was asked for.
  mutating func encoderLinear(_ key: String, inputs: Int, outputs: Int) throws -> Linear {
    if precision == .float32 { return try linear(key, inputs: inputs, outputs: outputs) }
    return Linear(
      weight: try packedWeight("\(key).weight", rows: outputs, columns: inputs),
      bias: try vector("\(key).bias", count: outputs))
  }

  /// `key.weight` and `key.bias`, [size] each.
  mutating func layerNorm(_ key: String, size: Int, epsilon: Float) throws -> LayerNorm {
    LayerNorm(
      weight: try vector("\(key).weight", count: size),
      bias: try vector("\(key).bias", count: size),
      epsilon: epsilon)
  }

  mutating func weight(_ key: String, rows: Int, columns: Int) throws -> Weight {
    let tensor = try tensor(key, shape: [rows, columns])
    if tensor.elementType == .float32, tensor.isContiguous,
      let weight = Weight(
        mapping: tensor.file, byteOffset: tensor.byteOffset, rows: rows, columns: columns)
    {
      return weight
    }
    return try Weight(rows: rows, columns: columns) { try tensor.copyFloats(into: $0) }
  }

  private mutating func packedWeight(_ key: String, rows: Int, columns: Int) throws -> PackedWeight
  {
    let tensor = try tensor(key, shape: [rows, columns])
    if let element = tensor.elementType.storedFloat, tensor.isContiguous,
      let weight = PackedWeight(
        mapping: tensor.file, byteOffset: tensor.byteOffset, element: element, rows: rows,
        columns: columns, precision: precision)
    {
      return weight
    }
    defer { tensor.releasePages() }
    return PackedWeight(
      try Weight(rows: rows, columns: columns) { try tensor.copyFloats(into: $0) },
      precision: precision)
  }

  mutating func vector(_ key: String, count: Int) throws -> Vector {
    let tensor = try tensor(key, shape: [count])
    // Beside packed weights nothing shall keep pages of the file in memory.
    if precision == .float32, tensor.elementType == .float32, tensor.isContiguous,
      let vector = Vector(mapping: tensor.file, byteOffset: tensor.byteOffset, count: count)
    {
      return vector
    }
    defer { if precision != .float32 { tensor.releasePages() } }
    return try Vector(count: count) { try tensor.copyFloats(into: $0) }
  }

  mutating func embeddingTable(_ key: String, rows: Int, columns: Int) throws -> EmbeddingTable {
    let tensor = try tensor(key, shape: [rows, columns])
    if let element = tensor.elementType.storedFloat, tensor.isContiguous,
      let table = EmbeddingTable(
        mapping: tensor.file, byteOffset: tensor.byteOffset, element: element, rows: rows,
        columns: columns)
    {
      return table
    }
    return EmbeddingTable(
      try Weight(rows: rows, columns: columns) { try tensor.copyFloats(into: $0) })
  }
}

extension ElementType {
  /// Nil where the kernels do not read it.
  fileprivate var storedFloat: StoredFloat? {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }
}
