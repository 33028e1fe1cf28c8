import Files

/// Writes the header of a safetensors file (https://github.com/huggingface/safetensors#format).
public struct SafetensorsHeader: Sendable {
  /// A tensor's entry; the tensors lie one after another in the order of the entries.
  public struct Entry: Sendable {
    public let name: String
    public let elementType: ElementType
    /// The dimensions, outermost first.
    public let shape: [Int]

    public init(name: String, elementType: ElementType, shape: [Int]) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
    }

    public var byteCount: Int { shape.reduce(elementType.byteCount, *) }
  }

  public let entries: [Entry]
  /// `__metadata__`; transformers asks for `format`: `pt`.
  public let metadata: [String: String]

  public init(entries: [Entry], metadata: [String: String] = ["format": "pt"]) {
    self.entries = entries
    self.metadata = metadata
  }

  /// The header's length and its JSON, padded with spaces, as the format allows, so that the numbers
  /// begin on a multiple of 8 bytes.
  ///
  /// - Parameter size: Bytes in all, a multiple of 8 and at least what is needed: for a header that is
  ///   to be replaced later, when the shapes are known. Nil for the least.
  public func bytes(size: Int? = nil) -> [UInt8] {
    var members = JSONMembers()
    if !metadata.isEmpty {
      var fields = JSONMembers()
      for (key, value) in metadata { fields[key] = .string(value) }
      members["__metadata__"] = .object(fields)
    }
    var offset = 0
    for entry in entries {
      let end = offset + entry.byteCount
      members[entry.name] = .object([
        "dtype": .string(entry.elementType.safetensorsName),
        "shape": .array(entry.shape.map(JSON.integer)),
        "data_offsets": .array([.integer(offset), .integer(end)]),
      ])
      offset = end
    }
    let json = Array(JSON.object(members).text().utf8)
    let whole = size ?? (8 + json.count + 7) / 8 * 8
    precondition(whole % 8 == 0 && whole >= 8 + json.count, "no room for the header")
    let length = UInt64(whole - 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + json
      + [UInt8](repeating: 0x20, count: whole - 8 - json.count)
  }
}

extension ElementType {
  /// The name in a safetensors header, such as `F32`.
  var safetensorsName: String {
    switch self {
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float64: "F64"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  init?(safetensorsName name: String) {
    guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
    self = type
  }
}
