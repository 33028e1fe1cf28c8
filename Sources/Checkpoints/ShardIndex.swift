import Files

/// `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which of several weights files
/// holds which tensor, in `weight_map`
/// (https://huggingface.co/docs/transformers/big_models#sharded-checkpoints).
struct ShardIndex {
  /// The path of the index itself.
  let path: String
  /// File names to the names of the tensors expected in them.
  let namesByShard: [ExactString: [String]]

  private static let byteLimit = 100_000_000
  private static let shardLimit = 1024

  init(_ file: MappedFile) throws(CheckpointError) {
    guard file.count <= Self.byteLimit else {
      throw CheckpointError(
        .malformed, file: file.path,
        "has \(file.count) bytes; an index has at most \(Self.byteLimit)")
    }
    let bytes = file.bytes(in: 0..<file.count)
    try refuseGitLFSPointer(bytes, path: file.path, insteadOf: "the index itself")
    try self.init(json: bytes, path: file.path)
  }

  init(json bytes: [UInt8], path: String) throws(CheckpointError) {
    let fields = try ConfigurationFields(parsing: bytes, file: path)
    guard let map = try fields.object("weight_map"), !map.members.isEmpty else {
      throw fields.failure(
        .malformed, "weight_map", "is missing or empty; an index maps tensors to files there")
    }
    var namesByShard: [ExactString: [String]] = [:]
    for name in try map.keys() {
      guard let shard = try map.string(name) else { throw map.wrong(name, "a file name") }
      guard isPlainFileName(shard) else {
        throw CheckpointError(
          .malformed, file: path, key: name,
          "is in \(quoted(shard)), which is no plain name of a file in the folder")
      }
      namesByShard[shard, default: []].append(name)
    }
    guard namesByShard.count <= Self.shardLimit else {
      throw CheckpointError(
        .malformed, file: path, "names \(namesByShard.count) files; at most \(Self.shardLimit)")
    }
    self.path = path
    self.namesByShard = namesByShard
  }

  /// Opens every shard with `read` and takes from each what the index says is in it.
  func tensors(
    in folder: OpenedFolder, read: (MappedFile) throws(CheckpointError) -> [StoredTensor]
  ) throws(CheckpointError) -> (tensors: [StoredTensor], files: [Checkpoint.File]) {
    var tensors: [StoredTensor] = []
    var files: [Checkpoint.File] = []
    for (shard, names) in namesByShard.sorted(by: { $0.key < $1.key }) {
      let file: MappedFile
      do {
        file = try folder.mapped(shard.string)
      } catch {
        throw CheckpointError(
          error, remedy: "\(path) names it; fetch all \(namesByShard.count) files of the model")
      }
      var stored: [ExactString: StoredTensor] = [:]
      for tensor in try read(file) { stored[tensor.name] = tensor }
      for name in names.exactlySorted() {
        guard let tensor = stored[name] else {
          throw CheckpointError(
            .missing, file: file.path, key: name, "is not in this file, where \(path) puts it",
            remedy: "fetch the index and the weights again, from one revision")
        }
        tensors.append(tensor)
      }
      files.append(Checkpoint.File(shard.string, file))
    }
    return (tensors, files)
  }
}
