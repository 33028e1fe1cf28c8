package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The weights of a model folder as Hugging Face's `save_pretrained` lays it out: every tensor
/// under its name in the file, none read yet.
///
/// Looks for the same files in the same order as transformers: `model.safetensors`, the index of a
/// sharded one, `pytorch_model.bin`, the index of a sharded one.
public struct Checkpoint: Sendable {
  /// A weights file that was opened.
  public struct File: Sendable, Equatable {
    /// The file's name, without its folder.
    public let name: String
    public let byteCount: Int
  }

  /// The weights files, in alphabetical order.
  public let files: [File]
  /// Where the names come from, for error messages: the one weights file, or the index.
  public let path: String
  private let tensors: [ExactString: StoredTensor]

  /// The tensors' names, in alphabetical order.
  public var names: [String] { tensors.keys.sorted().map(\.string) }

  /// A tensor by its name in the file; nil where there is none.
  public subscript(name: String) -> StoredTensor? { tensors[name] }

  /// Maps the weights of `folder` and checks their headers. Throws ``CheckpointError``.
  public init(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init(folder: OpenedFolder) throws(CheckpointError) {
    for name in ModelFileName.weights {
      let file: MappedFile
      do {
        file = try folder.mapped(name)
      } catch {
        if error.kind == .missing { continue }
        throw CheckpointError(error)
      }
      let read =
        name.hasPrefix(ModelFileName.torch) ? TorchFile.tensors(in:) : SafetensorsFile.tensors(in:)
      if ModelFileName.isIndex(name) {
        let (tensors, files) = try ShardIndex(file).tensors(in: folder, read: read)
        self.init(tensors, files: files, path: file.path)
      } else {
        self.init(try read(file), files: [File(name, file)], path: file.path)
      }
      return
    }
    throw Self.nothingFound(in: folder.url)
  }

  /// Readers see to it that no name comes twice.
  private init(_ tensors: [StoredTensor], files: [File], path: String) {
    var byName: [ExactString: StoredTensor] = [:]
    byName.reserveCapacity(tensors.count)
    for tensor in tensors { byName[tensor.name] = tensor }
    self.tensors = byName
    self.files = files
    self.path = path
  }

  private static func nothingFound(in folder: URL) -> CheckpointError {
    let names = ModelFileName.weights.joined(separator: ", ")
    let others = ["tf_model.h5", "flax_model.msgpack", "model.onnx"]
    let manager = FileManager.default
    let place = FolderWithoutModel(folder)
    if !place.isFolder || place.isAdapter { return place.error }
    let other = others.first { manager.fileExists(atPath: folder.appending(path: $0).path) }
    return CheckpointError(
      .missing, file: folder.path, "has no weights; looked for \(names)",
      remedy: other.map { "it has \($0): load it with transformers and save_pretrained it again" }
        ?? "save the model with save_pretrained of transformers")
  }
}

extension Checkpoint.File {
  /// `file` was opened: its size is that of what a link leads to.
  init(_ name: String, _ file: MappedFile) {
    self.init(name: name, byteCount: file.count)
  }
}
