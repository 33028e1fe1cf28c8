import Checkpoints
import Files
import Tensors

/// From named tensors of a file to the types that layers are made of. The weights of linear layers
/// and word embeddings stay as they are stored; of the rest, single-precision tensors are used in
/// place and others converted.
extension NamedWeights {
  /// `name.weight`, [outputs, inputs], and `name.bias`, [outputs]: in single precision.
  mutating func linear(
    _ name: ModuleName, inputs: Int, outputs: Int, activation: Activation = .linear
  ) throws -> Linear {
    Linear(
      weight: try matrix(name.weight, rows: outputs, columns: inputs),
      bias: try vector(name.bias, count: outputs), activation: activation,
      options: LinearOptions(products: layers.products))
  }

  /// The same for a layer of the encoder, in the precision that was asked for.
  mutating func encoderLinear(
    _ name: ModuleName, inputs: Int, outputs: Int, activation: Activation = .linear
  ) throws -> Linear {
    Linear(
      weight: try matrix(name.weight, rows: outputs, columns: inputs),
      bias: try vector(name.bias, count: outputs), activation: activation, options: layers)
  }

  /// `name.weight` and `name.bias`, [size] each.
  mutating func layerNorm(_ name: ModuleName, size: Int, epsilon: Float) throws -> LayerNorm {
    LayerNorm(
      weight: try vector(name.weight, count: size),
      bias: try vector(name.bias, count: size),
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

  mutating func vector(_ key: String, count: Int) throws -> Vector {
    let tensor = try tensor(key, shape: [count])
    // Beside packed weights nothing shall keep pages of the file in memory.
    if layers.precision == .float32, tensor.elementType == .float32, tensor.isContiguous,
      let vector = Vector(mapping: tensor.file, byteOffset: tensor.byteOffset, count: count)
    {
      return vector
    }
    defer { if layers.precision != .float32 { tensor.releasePages() } }
    return try Vector(count: count) { try tensor.copyFloats(into: $0) }
  }

  mutating func embeddingTable(_ key: String, rows: Int, columns: Int) throws -> EmbeddingTable {
    EmbeddingTable(try matrix(key, rows: rows, columns: columns))
  }

  private mutating func matrix(_ key: String, rows: Int, columns: Int) throws -> StoredMatrix {
    let tensor = try tensor(key, shape: [rows, columns])
    if let element = tensor.elementType.storedFloat, tensor.isContiguous,
      let matrix = StoredMatrix(
        mapping: tensor.file, byteOffset: tensor.byteOffset, element: element, rows: rows,
        columns: columns)
    {
      return matrix
    }
    return StoredMatrix(
      try Weight(rows: rows, columns: columns) { try tensor.copyFloats(into: $0) })
  }
}
