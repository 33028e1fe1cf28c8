import Files
public import Tensors

/// A checkpoint's tensors under the names that transformers' classes give them today, whatever an
/// older version, a wrapper or a bare encoder called them: the `TensorNaming` of the model's family
/// tells. A tied decoder that was not stored is found at the matrix or bias that it shares.
public struct NamedWeights: Sendable {
  /// The weights file or index, for error messages.
  public let path: String
  /// How linear layers are made of these weights.
  public let layers: LinearOptions
  private let tensors: [ExactString: StoredTensor]
  private let naming: TensorNaming
  private let tied: [ExactString: String]
  /// Where every tensor comes from, whatever its name.
  private let random: RandomTensors?
  private var used: Set<ExactString> = []

  /// Throws ``CheckpointError`` where two tensors come to the same name.
  package init(
    _ checkpoint: Checkpoint, naming: TensorNaming, layers: LinearOptions = LinearOptions()
  ) throws(CheckpointError) {
    var tensors: [ExactString: StoredTensor] = [:]
    for name in checkpoint.names {
      guard let key = naming.canonicalName(name) else { continue }
      if let other = tensors.updateValue(checkpoint[name]!, forKey: key) {
        throw CheckpointError(
          .malformed, file: checkpoint.path, key: key,
          "is stored twice, as \(quoted(other.name)) and as \(quoted(name))")
      }
    }
    path = checkpoint.path
    self.layers = layers
    self.tensors = tensors
    self.naming = naming
    var tied: [ExactString: String] = [:]
    for (name, other) in naming.tied { tied[ExactString(name)] = other }
    self.tied = tied
    random = nil
  }

  /// Weights that are made up, for models that only have to take their time: whatever tensor is asked
  /// for is there, in single precision and in the shape asked for. The same for the same seed.
  package init(
    randomFor naming: TensorNaming, layers: LinearOptions = LinearOptions(), seed: UInt64 = 0
  ) {
    path = RandomTensors.path
    self.layers = layers
    tensors = [:]
    self.naming = naming
    tied = [:]
    random = RandomTensors(seed: seed)
  }

  /// The canonical names of the stored tensors, in alphabetical order.
  public var names: [String] { tensors.keys.sorted().map(\.string) }

  /// A stored tensor by its canonical name, whatever its shape; it does not count as used.
  public subscript(name: String) -> StoredTensor? { tensors[name] }

  /// Whether ``tensor(_:shape:)`` would find `key`.
  public func contains(_ key: String) -> Bool { random != nil || stored(key) != nil }

  /// The shape of the tensor that ``tensor(_:shape:)`` would find, or nil.
  public func shape(of key: String) -> [Int]? { stored(key)?.tensor.shape }

  /// The floating-point tensor with the canonical name `key`, which must have this `shape`. It
  /// counts as used from now on.
  ///
  /// Throws ``CheckpointError`` with the key and both shapes where it is missing or another.
  public mutating func tensor(_ key: String, shape: [Int]) throws(CheckpointError) -> StoredTensor {
    if let random { return try random.tensor(key, shape: shape) }
    guard let (name, tensor) = stored(key) else {
      throw CheckpointError(
        .missing, file: path, key: key, "is missing; a tensor of shape \(shape) is expected",
        remedy: naming.isOfEncoder(key)
          ? "the file may be of another model than config.json"
          : "the folder may hold an encoder without this head: use one fine-tuned for this purpose")
    }
    let place = tensor.name == key ? "" : " (stored as \(quoted(tensor.name)))"
    guard tensor.shape == shape else {
      throw CheckpointError(
        .mismatched, file: tensor.file.path, key: key,
        "has the shape \(tensor.shape)\(place) where config.json makes it \(shape)")
    }
    guard tensor.elementType.isFloatingPoint else {
      throw CheckpointError(
        .mismatched, file: tensor.file.path, key: key,
        "holds \(tensor.elementType.name)\(place) where floating-point numbers are expected")
    }
    _ = used.insert(name)
    return tensor
  }

  /// The stored names of tensors that nobody asked for, in alphabetical order. Heads of other tasks,
  /// of which nothing was read, are not among them, nor what losses leave behind (`loss_fct.weight`).
  public var unusedNames: [String] { unusedNames(ignoringHeads: false) }

  /// - Parameter ignoringHeads: Leave out all that is in no part of which something was read.
  func unusedNames(ignoringHeads: Bool) -> [String] {
    let parts = Set(used.map { naming.part(of: $0.string) })
    return tensors.filter { key, _ in
      // Of a parameter stored under both its names one is asked for.
      if used.contains(key) || tied[key].map({ used.contains($0) }) == true { return false }
      return parts.contains(naming.part(of: key.string))
        || !(ignoringHeads || naming.isOfOtherUse(key.string))
    }.map(\.value.name).sorted()
  }

  /// Throws ``CheckpointError`` where ``unusedNames`` is not empty: then the file is of a larger or
  /// another model than `config.json` says, and what was read of it is not to be trusted. (Transformers
  /// would go on without the thirteenth layer.)
  ///
  /// - Parameter ignoringHeads: Look at the parts of which something was read alone, for a use that
  ///   needs no head, or makes one of its own.
  public func checkAllUsed(ignoringHeads: Bool = false) throws(CheckpointError) {
    let names = unusedNames(ignoringHeads: ignoringHeads)
    guard let first = names.first else { return }
    let others = names.count == 1 ? "" : ", and so do \(names.count - 1) more"
    throw CheckpointError(
      .mismatched, file: path, key: first,
      "has no place in the model that config.json describes\(others)",
      remedy: "take config.json and the weights from one model")
  }

  private func stored(_ key: String) -> (name: String, tensor: StoredTensor)? {
    if let tensor = tensors[key] { return (key, tensor) }
    guard let other = tied[key], let tensor = tensors[other] else { return nil }
    return (other, tensor)
  }
}
