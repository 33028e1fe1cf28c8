import Files

/// Reads the header of a safetensors file
/// (https://github.com/huggingface/safetensors#format): eight bytes with the header's length, a
/// JSON object from names to element types, shapes and offsets, and after it the numbers.
enum SafetensorsFile {
  /// The specification's own limit.
  private static let headerLimit = 100_000_000

  /// All the tensors of `file`, after the checks of the reference implementation: every byte of the
  /// buffer belongs to one tensor exactly.
  static func tensors(in file: MappedFile) throws(CheckpointError) -> [StoredTensor] {
    try refuseGitLFSPointer(file)
    guard file.count >= 8 else {
      throw malformed(file, nil, "has \(file.count) bytes; a safetensors file has at least 10")
    }
    let length = file.load(as: UInt64.self, at: 0)
    guard length <= headerLimit else {
      throw malformed(
        file, nil, "announces a header of \(length) bytes; at most \(headerLimit) are allowed",
        remedy: "perhaps this is no safetensors file")
    }
    guard let header = file.range(at: 8, count: Int(length)) else {
      throw malformed(
        file, nil, "announces a header of \(length) bytes, but has only \(file.count) bytes in all",
        remedy: "fetch it again: it seems cut short")
    }
    guard !header.isEmpty, file[8] == UInt8(ascii: "{") else {
      throw malformed(file, nil, "has a header that does not begin with '{'")
    }
    // The format forbids keys that stand twice, as two programs could see two files in one, and what is no
    // Unicode.
    let document = try JSON.document(
      file.bytes(in: header), file: file.path, isStrict: true,
      failure: CheckpointError.self)
    guard case .object(let members) = document else {
      throw malformed(file, nil, "has a header that is not a JSON object")
    }

    var tensors: [StoredTensor] = []
    var ranges: [(range: Range<Int>, name: String)] = []
    tensors.reserveCapacity(members.count)
    ranges.reserveCapacity(members.count)
    for (name, value) in members {
      if name == "__metadata__" {
        try checkMetadata(value, file)
        continue
      }
      let (tensor, range) = try self.tensor(
        name: name, value, in: file, bufferStart: header.upperBound)
      tensors.append(tensor)
      ranges.append((range, name))
    }
    try checkContiguous(&ranges, in: file, bufferStart: header.upperBound)
    return tensors
  }

  private static func tensor(
    name: String, _ value: JSON, in file: MappedFile, bufferStart: Int
  ) throws(CheckpointError) -> (tensor: StoredTensor, range: Range<Int>) {
    guard case .object(let fields) = value, fields.count == 3,
      case .string(let typeName)? = fields["dtype"],
      case .array(let sizes)? = fields["shape"],
      case .array(let offsets)? = fields["data_offsets"]
    else {
      throw malformed(file, name, "must have just 'dtype', 'shape' and 'data_offsets'")
    }
    guard let elementType = ElementType(safetensorsName: typeName) else {
      throw CheckpointError(
        .unsupported, file: file.path, key: name,
        "has the element type \(quoted(typeName)); F32, F16 and BF16 weights are supported",
        remedy: "save the model again in one of these")
    }
    let shape = try integers(sizes, "shape", file, name)
    guard let count = StoredTensor.elementCount(shape),
      case (let byteCount, let overflow) = count.multipliedReportingOverflow(
        by: elementType.byteCount),
      !overflow
    else {
      throw malformed(file, name, "has a shape too large to count: \(shape)")
    }
    let bounds = try integers(offsets, "data_offsets", file, name)
    guard bounds.count == 2, bounds[0] <= bounds[1] else {
      throw malformed(file, name, "has data_offsets \(bounds); a start and an end are expected")
    }
    guard bounds[1] - bounds[0] == byteCount else {
      throw malformed(
        file, name,
        "has \(bounds[1] - bounds[0]) bytes where \(elementType.name) \(shape) takes \(byteCount)")
    }
    guard bounds[1] <= file.count - bufferStart else {
      throw malformed(
        file, name,
        "ends at byte \(bounds[1]) of a buffer of \(file.count - bufferStart) bytes",
        remedy: "fetch the file again: it seems cut short")
    }
    let tensor = StoredTensor(
      name: name, elementType: elementType, shape: shape,
      strides: StoredTensor.rowMajorStrides(shape), file: file,
      byteOffset: bufferStart + bounds[0])
    return (tensor, bounds[0]..<bounds[1])
  }

  /// No holes, no overlaps, nothing left over: bytes that no tensor names could hide anything.
  private static func checkContiguous(
    _ ranges: inout [(range: Range<Int>, name: String)], in file: MappedFile, bufferStart: Int
  ) throws(CheckpointError) {
    ranges.sort { a, b in
      (a.range.lowerBound, a.range.upperBound, a.name)
        < (b.range.lowerBound, b.range.upperBound, b.name)
    }
    var end = 0
    for (range, name) in ranges {
      guard range.lowerBound == end else {
        let fault = range.lowerBound < end ? "overlaps the tensor before it" : "leaves a hole"
        throw malformed(
          file, name, "\(fault): it starts at byte \(range.lowerBound) where \(end) is expected")
      }
      end = range.upperBound
    }
    guard end == file.count - bufferStart else {
      throw malformed(
        file, nil, "has a buffer of \(file.count - bufferStart) bytes, of which tensors name \(end)"
      )
    }
  }

  private static func checkMetadata(_ value: JSON, _ file: MappedFile) throws(CheckpointError) {
    // The reference implementation takes null for none.
    if value == .null { return }
    guard case .object(let members) = value else {
      throw malformed(file, "__metadata__", "is \(value.kind) where an object is expected")
    }
    for (key, value) in members {
      guard case .string = value else {
        throw malformed(
          file, "__metadata__", "has \(value.kind) for \(quoted(key)) where a string is expected")
      }
    }
  }

  private static func integers(
    _ values: [JSON], _ field: String, _ file: MappedFile, _ name: String
  ) throws(CheckpointError) -> [Int] {
    guard values.count <= 64 else {
      throw malformed(file, name, "has \(values.count) numbers in '\(field)'; at most 64")
    }
    var integers: [Int] = []
    for value in values {
      guard case .integer(let integer) = value, integer >= 0 else {
        throw malformed(
          file, name, "has \(value.kind) in '\(field)' where an integer from 0 on is expected")
      }
      integers.append(integer)
    }
    return integers
  }

  private static func malformed(
    _ file: MappedFile, _ name: String?, _ problem: String, remedy: String? = nil
  ) -> CheckpointError {
    CheckpointError(.malformed, file: file.path, key: name, problem, remedy: remedy)
  }
}
