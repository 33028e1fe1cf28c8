package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The tensors of one safetensors file, by name, none read yet.
public struct StoredTensors: Sendable {
  public let path: String
  private let tensors: [ExactString: StoredTensor]

  /// Maps the file and checks its header. Throws ``CheckpointError``.
  public init(safetensors path: String) throws(CheckpointError) {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw CheckpointError(error)
    }
    self.path = path
    var tensors: [ExactString: StoredTensor] = [:]
    for tensor in try SafetensorsFile.tensors(in: file) { tensors[tensor.name] = tensor }
    self.tensors = tensors
  }

  /// The tensors of a module's folder: `model.safetensors`, or else `pytorch_model.bin`, neither of them
  /// sharded. Throws ``CheckpointError``.
  public init(moduleFolder folder: URL) throws(CheckpointError) {
    try self.init(moduleFolder: OpenedFolder(folder))
  }

  package init(moduleFolder folder: OpenedFolder) throws(CheckpointError) {
    for name in [ModelFileName.safetensors, ModelFileName.torch] {
      let file: MappedFile
      do {
        file = try folder.mapped(name)
      } catch {
        if error.kind == .missing { continue }
        throw CheckpointError(error)
      }
      path = file.path
      var tensors: [ExactString: StoredTensor] = [:]
      for tensor in try name == ModelFileName.torch
        ? TorchFile.tensors(in: file) : SafetensorsFile.tensors(in: file)
      { tensors[tensor.name] = tensor }
      self.tensors = tensors
      return
    }
    throw CheckpointError(
      .missing, file: folder.url.path,
      "has no weights; looked for model.safetensors and pytorch_model.bin",
      remedy: "fetch the model's folder again, whole")
  }

  /// Refuses tensors of other names, which stand for another model than the one that is made of these.
  ///
  /// - Throws: ``CheckpointError``
  public func refuseOthers(than names: Set<String>) throws(CheckpointError) {
    guard let other = self.names.first(where: { !names.contains($0) }) else { return }
    throw CheckpointError(
      .mismatched, file: path, key: other, "has no place in the module that config.json describes",
      remedy: "take config.json and the weights from one model")
  }

  /// The tensors' names, in alphabetical order.
  public var names: [String] { tensors.keys.sorted().map(\.string) }

  public subscript(name: String) -> StoredTensor? { tensors[name] }

  /// The tensor's numbers, row-major.
  ///
  /// - Throws: ``CheckpointError`` where it is missing or of another shape.
  public func floats(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    guard let tensor = tensors[name] else {
      throw CheckpointError(
        .missing, file: path, key: name, "is missing; a tensor of shape \(shape) is expected")
    }
    guard tensor.shape == shape else {
      throw CheckpointError(
        .mismatched, file: path, key: name,
        "has the shape \(tensor.shape) where \(shape) is expected")
    }
    return try tensor.floats()
  }
}
