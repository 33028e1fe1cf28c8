import Quoting
import Tensors

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

  /// In alphabetical order.
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
