import Tensors

/// A tensor to be written to a weights file.
public struct NewTensor: Sendable {
  public enum Values: Sendable {
    /// As it is stored elsewhere, and in the same precision.
    case stored(StoredTensor)
    /// Row-major, to be written as float32.
    case floats([Float])
    /// Row-major, to be rounded to the nearest bfloat16, of two equally near ones to the even one.
    case bfloat16s([Float])
  }

  public let name: String
  /// Outermost dimension first.
  public let shape: [Int]
  let values: Values

  /// - Parameter values: As many as `shape` has.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "as many values as the shape has")
    self.name = name
    self.shape = shape
    self.values = .floats(values)
  }

  /// The same numbers, rounded to the nearest bfloat16 when they are written; a tensor that is copied
  /// from a file stays as it is.
  public func roundedToBFloat16() -> NewTensor {
    guard case .floats(let numbers) = values else { return self }
    return NewTensor(name: name, shape: shape, stored: .bfloat16s(numbers))
  }

  private init(name: String, shape: [Int], stored values: Values) {
    self.name = name
    self.shape = shape
    self.values = values
  }

  public init(name: String, copying tensor: StoredTensor) {
    self.name = name
    shape = tensor.shape
    values = .stored(tensor)
  }

  /// float64, which no model computes in, becomes float32, and so does a tensor with gaps.
  var elementType: ElementType {
    switch values {
    case .floats: .float32
    case .bfloat16s: .bfloat16
    case .stored(let tensor): isCopied ? tensor.elementType : .float32
    }
  }

  /// Whether its bytes are written as they lie in the other file.
  var isCopied: Bool {
    switch values {
    case .floats, .bfloat16s: false
    case .stored(let tensor):
      tensor.isContiguous && [.float32, .float16, .bfloat16].contains(tensor.elementType)
    }
  }
}

/// Writes tensors as a safetensors file that transformers opens.
public enum SafetensorsWriter {
  /// Writes one tensor after another, so that what is copied needs no memory.
  ///
  /// - Parameters:
  ///   - tensors: Each name once.
  ///   - isSynchronized: Return only when the disk has it all.
  /// - Throws: `FileError`, also where there is a file at `path`, or ``CheckpointError`` for a stored
  ///   tensor that holds no floating-point numbers.
  public static func write(
    _ tensors: [NewTensor], to path: String, isSynchronized: Bool = false
  ) throws {
    let file = try NewFile(path: path)
    let header = SafetensorsHeader(
      entries: tensors.map { tensor in
        SafetensorsHeader.Entry(
          name: tensor.name, elementType: tensor.elementType, shape: tensor.shape)
      })
    try file.append(header.bytes())
    for tensor in tensors {
      switch tensor.values {
      case .floats(let numbers):
        try file.append(numbers)
      case .bfloat16s(let numbers):
        try file.append(numbers.map(\.bfloat16Bits))
      case .stored(let stored) where tensor.isCopied:
        let count = stored.elementCount * stored.elementType.byteCount
        try stored.file.withUnsafeBytes(in: stored.byteOffset..<stored.byteOffset + count) {
          try file.append($0)
        }
      case .stored(let stored):
        try file.append(try stored.floats())
      }
    }
    if isSynchronized { try file.synchronize() }
    try file.close()
  }
}
