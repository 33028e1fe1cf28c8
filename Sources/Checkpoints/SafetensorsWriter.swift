import Files

/// A tensor to be written to a weights file.
public struct NewTensor {
  enum Values {
    /// Numbers as they are stored elsewhere, in the same precision.
    case stored(StoredTensor)
    /// Numbers in memory, row-major.
    case floats([Float])
    /// Row-major, asked for when it is written, so that no two tensors need be copied at a time.
    case made(() -> [Float])
  }

  public let name: String
  /// The dimensions, outermost first.
  public let shape: [Int]
  let values: Values
  /// Whether numbers are written as bfloat16, and not as float32.
  private(set) var isRounded = false

  /// Takes numbers in memory.
  ///
  /// - Parameters:
  ///   - name: As the reader looks it up.
  ///   - shape: Rows first.
  ///   - values: As many as `shape` has.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "as many values as the shape has")
    self.name = name
    self.shape = shape
    self.values = .floats(values)
  }

  /// Takes numbers that are made when they are written.
  ///
  /// - Parameters:
  ///   - name: As the reader looks it up.
  ///   - shape: Rows first.
  ///   - values: Called once when the tensor is written; gives as many as `shape` has.
  public init(name: String, shape: [Int], making values: @escaping () -> [Float]) {
    self.name = name
    self.shape = shape
    self.values = .made(values)
  }

  /// The same numbers, each written as the nearest bfloat16, of two equally near ones the even one; a
  /// tensor that is copied from a file stays as it is.
  public func roundedToBFloat16() -> NewTensor {
    var rounded = self
    rounded.isRounded = true
    return rounded
  }

  public init(name: String, copying tensor: StoredTensor) {
    self.name = name
    shape = tensor.shape
    values = .stored(tensor)
  }

  /// float64, which no model computes in, becomes float32, and so does a tensor with gaps.
  var elementType: ElementType {
    switch values {
    case .floats, .made: isRounded ? .bfloat16 : .float32
    case .stored(let tensor): isCopied ? tensor.elementType : .float32
    }
  }

  /// Whether its bytes are written as they lie in the other file.
  var isCopied: Bool {
    switch values {
    case .floats, .made: false
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
  ///   - path: Of the file, which must not be there yet.
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
        try append(numbers, of: tensor, to: file)
      case .made(let make):
        let numbers = make()
        precondition(numbers.count == tensor.shape.reduce(1, *), "as many values as the shape has")
        try append(numbers, of: tensor, to: file)
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

  private static func append(
    _ numbers: [Float], of tensor: NewTensor, to file: NewFile
  ) throws(FileError) {
    if tensor.isRounded {
      try file.append(numbers.map(\.bfloat16Bits))
    } else {
      try file.append(numbers)
    }
  }
}
