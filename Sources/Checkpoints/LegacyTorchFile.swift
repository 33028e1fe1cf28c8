import Files

/// The format of `torch.save` from before PyTorch 1.6 (`_legacy_save` in torch/serialization.py):
/// pickles one after another, of
/// - a magic number,
/// - the version of the format,
/// - facts about the machine,
/// - the state dict,
/// - the list of its storages' keys;
///
/// and then in the list's order each storage: the number of its elements in 8 bytes, and the
/// elements, little-endian.
enum LegacyTorchFile {
  /// 0x1950a86a20f9469cfc6c, a LONG1 of ten bytes, and STOP.
  private static let magic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  private static let formatVersion = 1001

  /// Whether `file` begins with the pickle of the magic number.
  static func isLegacy(_ file: MappedFile) -> Bool {
    offsetBehindMagic(file.bytes(in: 0..<min(32, file.count))) != nil
  }

  private static func offsetBehindMagic(_ head: [UInt8]) -> Int? {
    var reader = ByteReader(head)
    guard reader.byte() == 0x80, reader.byte() != nil else { return nil }  // PROTO
    var next = reader
    // FRAME, from protocol 4 on.
    if next.byte() == 0x95, next.skip(8) { reader = next }
    return reader.bytes(count: magic.count) == magic ? reader.position : nil
  }

  /// The state dict's pickle, and where the storages lie, by their keys. The file must be one that
  /// ``isLegacy(_:)``.
  static func contents(
    of file: MappedFile
  ) throws(CheckpointError) -> (Pickle, storages: [ExactString: Range<Int>]) {
    let head = file.bytes(in: 0..<min(file.count, TorchFile.pickleLimit))
    var offset = offsetBehindMagic(head) ?? 0
    func nextPickle() throws(CheckpointError) -> Pickle {
      do {
        let pickle = try Pickle(head, at: offset)
        offset = pickle.endOffset
        return pickle
      } catch {
        throw TorchFile.error(error, file)
      }
    }
    let version = try nextPickle().root
    guard version == .integer(formatVersion) else {
      throw CheckpointError(
        .unsupported, file: file.path,
        "is in a version of PyTorch's format from before 1.6 that is not \(formatVersion)",
        remedy: "load it with torch and save the state dict as model.safetensors")
    }
    let system = try nextPickle()
    if case .dictionary(let index) = system.root,
      system.dictionaries[index].last(where: { $0.key == "little_endian" })?.value == .bool(false)
    {
      throw CheckpointError(
        .unsupported, file: file.path,
        "was written on a big-endian machine; only little-endian is supported",
        remedy: "load it with torch and save the state dict as model.safetensors")
    }
    let state = try nextPickle()
    let keys = try nextPickle()
    return (state, try storages(keys: keys, of: state, from: offset, in: file))
  }

  /// Walks over the storages, each of which says how many elements it has: as many as the pickle says.
  private static func storages(
    keys: Pickle, of state: Pickle, from start: Int, in file: MappedFile
  ) throws(CheckpointError) -> [ExactString: Range<Int>] {
    func malformed(_ problem: String) -> CheckpointError {
      CheckpointError(.malformed, file: file.path, problem)
    }
    var announced: [ExactString: Pickle.Storage] = [:]
    // The pickle says the same of a storage each time.
    for storage in state.storages { announced[storage.key] = storage }
    guard case .list(let index) = keys.root else {
      throw malformed("has no list of storages behind the state dict")
    }
    var ranges: [ExactString: Range<Int>] = [:]
    var offset = start
    for value in keys.lists[index] {
      guard case .string(let key) = value, let storage = announced[key] else {
        throw malformed("lists a storage that is none of the state dict's")
      }
      guard let header = file.range(at: offset, count: 8) else {
        throw cutShort(file, before: key)
      }
      let count = file.load(as: Int64.self, at: header.lowerBound)
      guard count == storage.elementCount else {
        throw malformed(
          "has \(count) elements in the storage \(quoted(key)) where its pickle says "
            + "\(storage.elementCount)")
      }
      let (byteCount, overflow) = storage.elementCount.multipliedReportingOverflow(
        by: storage.elementType.byteCount)
      guard !overflow, let range = file.range(at: header.upperBound, count: byteCount) else {
        throw cutShort(file, before: key)
      }
      guard ranges.updateValue(range, forKey: key) == nil else {
        throw malformed("lists the storage \(quoted(key)) twice")
      }
      offset = range.upperBound
    }
    return ranges
  }

  private static func cutShort(_ file: MappedFile, before key: String) -> CheckpointError {
    CheckpointError(
      .malformed, file: file.path, "ends before the end of the storage \(quoted(key))",
      remedy: "fetch it again: it seems cut short")
  }
}
