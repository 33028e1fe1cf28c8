import Files

/// Reads `pytorch_model.bin`, a state dict as `torch.save` writes it
/// (https://docs.pytorch.org/docs/stable/notes/serialization.html): a pickle of names, shapes and
/// strides, and the bytes of each storage that the tensors are parts of.
///
/// PyTorch 1.6 and later put them in a zip archive, `<name>/data.pkl` and `<name>/data/<key>`. For
/// the format before see `LegacyTorchFile`.
enum TorchFile {
  /// A state dict's pickle takes about 200 bytes for each tensor.
  static let pickleLimit = 16 << 20

  /// All the tensors of the state dict in `file`.
  static func tensors(in file: MappedFile) throws(CheckpointError) -> [StoredTensor] {
    try refuseGitLFSPointer(file)
    let (pickle, storages) =
      if ZipArchive.isZip(file) {
        try archived(in: file)
      } else if LegacyTorchFile.isLegacy(file) {
        try LegacyTorchFile.contents(of: file)
      } else {
        throw CheckpointError(
          .malformed, file: file.path,
          "is not a zip archive, nor in PyTorch's format from before version 1.6, as torch.save "
            + "writes them")
      }

    var names: Set<ExactString> = []
    var tensors: [StoredTensor] = []
    for (name, value) in try stateDictionary(pickle, file) {
      // Of tensors or not: to Python the last one counts.
      guard names.insert(name) else {
        throw CheckpointError(
          .malformed, file: file.path, key: name, "stands twice in the state dict")
      }
      guard case .tensor(let index) = value else { continue }
      tensors.append(
        try stored(pickle.tensors[index], name: name, storages: storages, in: file))
    }
    return tensors
  }

  /// The pickle of a zip archive, and where its storages lie, by their keys.
  private static func archived(
    in file: MappedFile
  ) throws(CheckpointError) -> (Pickle, storages: [ExactString: Range<Int>]) {
    let archive = try ZipArchive(file)
    let prefix = try prefix(of: archive)
    if let byteOrder = archive.entries[prefix + "byteorder"], byteOrder.count <= 16 {
      let name = String(decoding: file.bytes(in: byteOrder), as: UTF8.self)
      guard name == "little" else {
        throw CheckpointError(
          .unsupported, file: file.path,
          "holds numbers in the byte order \(quoted(name)); only little-endian is supported")
      }
    }
    // `prefix(of:)` found it.
    let range = archive.entries[prefix + "data.pkl"] ?? 0..<0
    guard range.count <= pickleLimit else {
      throw CheckpointError(
        .malformed, file: file.path, key: prefix + "data.pkl",
        "has \(range.count) bytes; at most \(pickleLimit) are allowed")
    }
    var storages: [ExactString: Range<Int>] = [:]
    let folder = Array("\(prefix)data/".utf8)
    for (name, range) in archive.entries where name.string.utf8.starts(with: folder) {
      storages[String(decoding: name.string.utf8.dropFirst(folder.count), as: UTF8.self)] = range
    }
    do {
      return (try Pickle(file.bytes(in: range)), storages)
    } catch {
      throw self.error(error, file)
    }
  }

  /// The archive's own name with its slash, such as `archive/`.
  private static func prefix(of archive: ZipArchive) throws(CheckpointError) -> String {
    let suffix = "/data.pkl"
    let found = archive.entries.keys.map(\.string).filter { $0.hasSuffix(suffix) }.map {
      $0.dropLast(8)
    }
    .filter { $0.dropLast().allSatisfy { $0 != "/" } }
    guard found.count == 1 else {
      throw CheckpointError(
        .malformed, file: archive.file.path,
        "is a zip archive with \(found.count) entries '<name>/data.pkl'; torch.save writes one")
    }
    return String(found[0])
  }

  /// The items of the state dict: the pickle's root, or what it has under one of the names that
  /// training scripts give it.
  private static func stateDictionary(
    _ pickle: Pickle, _ file: MappedFile
  ) throws(CheckpointError) -> [(key: String, value: Pickle.Value)] {
    guard case .dictionary(let root) = pickle.root else {
      throw CheckpointError(
        .unsupported, file: file.path, "holds no dictionary of tensors",
        remedy: "save it with torch.save(model.state_dict(), ...)")
    }
    let items = pickle.dictionaries[root]
    func hasTensors(_ items: [(key: String, value: Pickle.Value)]) -> Bool {
      items.contains { if case .tensor = $0.value { true } else { false } }
    }
    if hasTensors(items) { return items }
    for name in ["state_dict", "model_state_dict", "model", "module"] {
      if case .dictionary(let index)? = items.last(where: { $0.key == name })?.value,
        hasTensors(pickle.dictionaries[index])
      {
        return pickle.dictionaries[index]
      }
    }
    throw CheckpointError(
      .unsupported, file: file.path, "holds a dictionary without tensors",
      remedy: "save it with torch.save(model.state_dict(), ...)")
  }

  /// Checks that every element lies inside the storage, and that the storage has the size announced.
  private static func stored(
    _ tensor: Pickle.Tensor, name: String, storages: [ExactString: Range<Int>], in file: MappedFile
  ) throws(CheckpointError) -> StoredTensor {
    func malformed(_ problem: String) -> CheckpointError {
      CheckpointError(.malformed, file: file.path, key: name, problem)
    }
    let storage = tensor.storage
    guard let bytes = storages[storage.key] else {
      throw malformed(
        "has its numbers in the storage \(quoted(storage.key)), which is not in the file")
    }
    let width = storage.elementType.byteCount
    let (byteCount, tooLarge) = storage.elementCount.multipliedReportingOverflow(by: width)
    guard !tooLarge, byteCount == bytes.count else {
      throw malformed(
        "has a storage of \(storage.elementCount) x \(width) bytes where the file has \(bytes.count)"
      )
    }
    guard tensor.shape.count == tensor.strides.count, tensor.strides.allSatisfy({ $0 >= 0 }),
      let count = StoredTensor.elementCount(tensor.shape)
    else { throw malformed("has the shape \(tensor.shape) with the strides \(tensor.strides)") }
    // An expanded tensor, of stride 0, could have any number of elements in a file of no size.
    guard count <= storage.elementCount else {
      throw malformed("has \(count) elements in a storage of \(storage.elementCount)")
    }
    guard tensor.offset >= 0, let end = endOffset(tensor), end <= storage.elementCount else {
      throw malformed(
        "reaches past its storage of \(storage.elementCount) elements: offset \(tensor.offset), "
          + "shape \(tensor.shape), strides \(tensor.strides)")
    }
    return StoredTensor(
      name: name, elementType: storage.elementType, shape: tensor.shape, strides: tensor.strides,
      file: file, byteOffset: bytes.lowerBound + tensor.offset * width)
  }

  /// One past the last element that the tensor reaches, or nil where that overflows.
  private static func endOffset(_ tensor: Pickle.Tensor) -> Int? {
    if tensor.shape.contains(0) { return tensor.offset }
    var last = tensor.offset
    for (size, stride) in zip(tensor.shape, tensor.strides) {
      let (reach, overflow) = stride.multipliedReportingOverflow(by: size - 1)
      let (sum, sumOverflow) = last.addingReportingOverflow(reach)
      if overflow || sumOverflow { return nil }
      last = sum
    }
    let (end, overflow) = last.addingReportingOverflow(1)
    return overflow ? nil : end
  }

  static func error(_ failure: Pickle.Failure, _ file: MappedFile) -> CheckpointError {
    switch failure {
    case .refused(let name):
      CheckpointError(
        .refused, file: file.path,
        "refused: the pickle names \(quoted(name)), which is no part of a tensor",
        remedy: "if you trust the file, load it with torch and save the state dict as "
          + "model.safetensors")
    case .unsupported(let what):
      CheckpointError(
        .unsupported, file: file.path, "has \(what)",
        remedy: "save it again with torch.save, or as model.safetensors")
    case .malformed(let offset, let problem):
      CheckpointError(.malformed, file: file.path, "is damaged: \(problem) (byte \(offset))")
    }
  }
}
