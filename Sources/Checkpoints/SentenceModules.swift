package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a folder of sentence-transformers does with a text, as its `modules.json` and the folders of
/// the modules say: an encoder, modules on the states of tokens, pooling, and modules on the pooled
/// vector. Nothing of the weights is read yet.
///
/// Classes are those of sentence-transformers from 0.3 to 6
/// (https://github.com/huggingface/sentence-transformers/tree/main/sentence_transformers); a folder
/// with any other is refused by its name.
public struct SentenceModules: Sendable, Equatable {
  /// How the states of a text's tokens become one vector (`Pooling`).
  public enum PoolingMode: String, Sendable, CaseIterable {
    case cls, max, mean
    case meanSqrtLength = "mean_sqrt_len_tokens"
    case weightedMean = "weightedmean"
    case lastToken = "lasttoken"
  }

  public struct Pooling: Sendable, Equatable {
    /// Each gives a part of the vector, in this order.
    public let modes: [PoolingMode]
    /// Whether the tokens of a prompt count.
    public let includesPrompt: Bool
  }

  /// A linear layer and an activation (`Dense`).
  public struct Dense: Sendable, Equatable {
    /// Where its weights are.
    public var folder: URL { files.url }
    package let files: OpenedFolder
    public let inputSize: Int
    public let outputSize: Int
    public let hasBias: Bool
    public let activation: DenseActivation
    /// Whether the input is added to the output, through a layer of its own where sizes differ.
    public let hasResidual: Bool
  }

  /// A layer norm (`LayerNorm`).
  public struct LayerNorm: Sendable, Equatable {
    package let files: OpenedFolder
    public let size: Int
  }

  /// What changes vectors one by one, those of tokens or pooled ones.
  public enum Layer: Sendable, Equatable {
    case dense(Dense)
    case layerNorm(LayerNorm)
    /// A scaling to the Euclidean length 1.
    case normalize
  }

  /// The mean of several layers' states, each by its weight (`WeightedLayerPooling`).
  public struct WeightedLayers: Sendable, Equatable {
    /// Where its weights are.
    public var folder: URL { files.url }
    package let files: OpenedFolder
    /// The first layer that counts, 0 for the embeddings.
    public let start: Int
    /// How many count.
    public let count: Int
  }

  /// `modules.json`, for messages.
  public let path: String
  /// Where the files of transformers are: the folder itself, or one in it such as `0_Transformer`.
  public var encoderFolder: URL { encoderFiles.url }
  package let encoderFiles: OpenedFolder
  public let encoder: SentenceConfiguration
  /// The layers whose states are averaged; nil for the states of the last layer.
  public private(set) var weightedLayers: WeightedLayers?
  /// The layers on the states of tokens, before pooling.
  public private(set) var tokenLayers: [Layer] = []
  /// How the states of tokens become one vector; nil where `modules.json` does not say: then none
  /// comes out.
  public private(set) var pooling: Pooling?
  /// The layers on the pooled vector.
  public private(set) var layers: [Layer] = []
  public let prompts: SentencePrompts

  /// The class of sentence-transformers that a folder with a `modules.json` was saved by, such as
  /// `SentenceTransformer` or `CrossEncoder`; nil for a folder without one.
  ///
  /// - Throws: ``CheckpointError``
  public static func modelType(folder: URL) throws(CheckpointError) -> String? {
    try modelType(folder: OpenedFolder(folder))
  }

  package static func modelType(folder: OpenedFolder) throws(CheckpointError) -> String? {
    guard try folder.configuration(ModelFileName.modules) != nil else { return nil }
    return try SentencePrompts.modelType(folder: folder)
  }

  /// The prompts of a folder that `SentenceTransformer` saved; nil for any other.
  ///
  /// - Throws: ``CheckpointError``
  public static func prompts(of folder: URL) throws(CheckpointError) -> SentencePrompts? {
    try prompts(of: OpenedFolder(folder))
  }

  package static func prompts(of folder: OpenedFolder) throws(CheckpointError) -> SentencePrompts? {
    guard try modelType(folder: folder) == "SentenceTransformer" else { return nil }
    return try SentencePrompts(folder: folder)
  }

  /// Where the files of transformers are, whatever else a `modules.json` asks for: in the folder that it
  /// gives its first module, if that has a `config.json`.
  public static func encoderFolder(of folder: URL) -> URL {
    encoderFolder(of: OpenedFolder(folder)).url
  }

  package static func encoderFolder(of folder: OpenedFolder) -> OpenedFolder {
    func isThere(_ folder: OpenedFolder) -> Bool {
      FileManager.default.fileExists(atPath: folder.path(of: ModelFileName.configuration))
    }
    guard !isThere(folder), let first = try? Entry.list(in: folder)?.first?.folder, isThere(first)
    else { return folder }
    return first
  }

  /// Reads `modules.json` and the folders it names; nil for a folder without it.
  ///
  /// - Throws: ``CheckpointError`` for files that are damaged, or ask for what is not supported.
  public init?(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init?(folder: OpenedFolder) throws(CheckpointError) {
    guard let entries = try Entry.list(in: folder) else { return nil }
    let path = folder.path(of: ModelFileName.modules)
    let type = try SentencePrompts.modelType(folder: folder)
    guard type == "SentenceTransformer" else {
      throw CheckpointError(
        .unsupported, file: folder.path(of: ModelFileName.prompts), key: "model_type",
        "is \(quoted(type)); vectors of a text are those of a 'SentenceTransformer' alone",
        remedy: "name a pooling to have the encoder's own features")
    }
    guard let first = entries.first, first.className == "Transformer" else {
      throw CheckpointError(
        .unsupported, file: path, key: entries.first?.type,
        "is the first module; only a Transformer is supported")
    }
    self.path = path
    encoderFiles = first.folder
    encoder = try SentenceConfiguration(ofTransformer: first.folder)
    prompts = try SentencePrompts(folder: folder)
    for entry in entries.dropFirst() { try add(entry) }
  }

  private mutating func add(_ entry: Entry) throws(CheckpointError) {
    switch entry.className {
    case "Pooling":
      guard pooling == nil else { throw entry.failure("is a second Pooling") }
      pooling = try Pooling(entry)
    case "WeightedLayerPooling":
      let weighted = try WeightedLayers(entry)
      try checkIsBeforePooling(entry)
      // SentenceTransformer leaves the states as they are where the model gives the last ones alone.
      guard
        try ConfigurationFields(ModelFileName.configuration, in: encoderFiles)?
          .boolean("output_hidden_states") == true
      else { return }
      weightedLayers = weighted
      tokenLayers = []
    case "Dense":
      let (dense, ofTokens) = try Dense.read(entry)
      try add(.dense(dense), ofTokens: ofTokens, entry)
    case "LayerNorm":
      let fields = try entry.requiredFields()
      let size = try fields.size("dimension")
      try fields.refuseOthers(than: ["dimension"])
      try add(
        .layerNorm(LayerNorm(files: entry.folder, size: size)), ofTokens: false, entry)
    case "Normalize":
      let ofTokens =
        try ConfigurationFields(ModelFileName.configuration, in: entry.folder)?.isOfTokens()
        ?? false
      // SentenceTransformer passes over what is not there yet.
      if !ofTokens, pooling == nil { return }
      try add(.normalize, ofTokens: ofTokens, entry)
    case "Dropout":
      if pooling == nil { throw entry.failure("stands before Pooling, which makes its input") }
    default:
      throw entry.failure("is a module that is not supported")
    }
  }

  private mutating func add(
    _ layer: Layer, ofTokens: Bool, _ entry: Entry
  ) throws(CheckpointError) {
    if ofTokens {
      try checkIsBeforePooling(entry)
      tokenLayers.append(layer)
    } else {
      guard pooling != nil else {
        throw entry.failure("stands before Pooling, which makes its input")
      }
      layers.append(layer)
    }
  }

  private func checkIsBeforePooling(_ entry: Entry) throws(CheckpointError) {
    if pooling != nil {
      throw entry.failure("changes tokens that Pooling, which stands before it, has read")
    }
  }
}

extension SentenceModules.Pooling {
  /// The keys from before sentence-transformers 5.4, in the order in which their parts stand.
  private static let flags: [(key: String, mode: SentenceModules.PoolingMode)] = [
    ("pooling_mode_cls_token", .cls), ("pooling_mode_max_tokens", .max),
    ("pooling_mode_mean_tokens", .mean), ("pooling_mode_mean_sqrt_len_tokens", .meanSqrtLength),
    ("pooling_mode_weightedmean_tokens", .weightedMean), ("pooling_mode_lasttoken", .lastToken),
  ]

  fileprivate init(_ entry: SentenceModules.Entry) throws(CheckpointError) {
    let fields = try entry.requiredFields()
    let key = "pooling_mode"
    var modes: [SentenceModules.PoolingMode] = []
    if let value = fields[key] {
      let names: [JSON] = if case .array(let names) = value { names } else { [value] }
      for name in names {
        guard case .string(let text) = name, let mode = SentenceModules.PoolingMode(rawValue: text)
        else { throw fields.failure(.unsupported, key, "is \(name.kind), which is not supported") }
        modes.append(mode)
      }
      guard (1...64).contains(modes.count) else {
        throw fields.failure(.unsupported, key, "lists \(modes.count) modes; 1 to 64 are supported")
      }
    } else {
      for (key, mode) in Self.flags where try fields.boolean(key) == true {
        modes.append(mode)
      }
      if modes.isEmpty { modes = [.mean] }
    }
    self.modes = modes
    includesPrompt = try fields.boolean("include_prompt") ?? true
    try fields.refuseOthers(
      than: Set(Self.flags.map(\.key)).union([
        key, "include_prompt", "embedding_dimension", "word_embedding_dimension",
      ]))
  }
}

extension SentenceModules.WeightedLayers {
  fileprivate init(_ entry: SentenceModules.Entry) throws(CheckpointError) {
    let fields = try entry.requiredFields()
    files = entry.folder
    start =
      try fields.integer("layer_start", from: 0, limit: sizeLimit, "a layer's number") ?? 4
    let layers = try fields.integer("num_hidden_layers", from: 1, limit: sizeLimit) ?? 12
    guard start <= layers else {
      throw fields.failure(.malformed, "layer_start", "is \(start) of \(layers) layers")
    }
    count = layers + 1 - start
    try fields.refuseOthers(
      than: ["layer_start", "num_hidden_layers", "embedding_dimension", "word_embedding_dimension"])
  }
}

extension SentenceModules.Dense {
  fileprivate static func read(
    _ entry: SentenceModules.Entry
  ) throws(CheckpointError) -> (Self, ofTokens: Bool) {
    let fields = try entry.requiredFields()
    var activation = DenseActivation.standard
    let key = "activation_function"
    if fields.members[key] != nil {
      guard let name = try fields.string(key), let known = DenseActivation(pythonName: name) else {
        let kind = fields.members[key]?.kind ?? "nothing"
        throw fields.failure(
          .unsupported, key,
          "is \(kind); supported are \(DenseActivation.names.joined(separator: ", ")) of torch.nn")
      }
      activation = known
    }
    let dense = Self(
      files: entry.folder, inputSize: try fields.size("in_features"),
      outputSize: try fields.size("out_features"),
      hasBias: try fields.boolean("bias") ?? true, activation: activation,
      hasResidual: try fields.boolean("use_residual") ?? false)
    return (dense, try fields.isOfTokens())
  }
}

extension SentenceModules.Layer {
  /// Throws ``CheckpointError`` for a layer that takes vectors of another length.
  public func check(inputSize: Int) throws(CheckpointError) {
    let (folder, key, expected): (OpenedFolder, String, Int)
    switch self {
    case .dense(let dense): (folder, key, expected) = (dense.files, "in_features", dense.inputSize)
    case .layerNorm(let norm): (folder, key, expected) = (norm.files, "dimension", norm.size)
    case .normalize: return
    }
    guard expected == inputSize else {
      throw CheckpointError(
        .mismatched, file: folder.path(of: ModelFileName.configuration), key: key,
        "is \(expected), but the vectors that come in have \(inputSize) numbers")
    }
  }
}

extension SentenceModules.WeightedLayers {
  /// The weights, for an encoder of so many layers.
  ///
  /// - Throws: ``CheckpointError``, also where the module is of another number of layers.
  public func weights(layerCount: Int) throws(CheckpointError) -> [Float] {
    guard start + count == layerCount + 1 else {
      throw CheckpointError(
        .mismatched, file: files.path(of: ModelFileName.configuration), key: "num_hidden_layers",
        "is \(start + count - 1), but the encoder has \(layerCount) layers")
    }
    let tensors = try StoredTensors(moduleFolder: files)
    try tensors.refuseOthers(than: ["layer_weights"])
    return try tensors.floats("layer_weights", shape: [count])
  }
}

/// Above the sizes of any module.
private let sizeLimit = 1 << 20

extension ConfigurationFields {
  fileprivate func size(_ key: String) throws(CheckpointError) -> Int {
    try required(key, try integer(key, from: 1, limit: sizeLimit))
  }

  /// Whether a module reads and writes the states of tokens, and not pooled vectors.
  fileprivate func isOfTokens() throws(CheckpointError) -> Bool {
    let (tokens, sentence) = ("token_embeddings", "sentence_embedding")
    let input = try string("module_input_name") ?? sentence
    guard input == tokens || input == sentence else {
      throw failure(
        .unsupported, "module_input_name",
        "is \(quoted(input)); supported are \(tokens) and \(sentence)")
    }
    let output = try string("module_output_name") ?? input
    guard output == input else {
      throw failure(
        .unsupported, "module_output_name",
        "is \(quoted(output)), other than the input \(quoted(input)), which is not supported")
    }
    return input == tokens
  }
}

extension SentenceModules {
  /// One object of `modules.json`.
  fileprivate struct Entry {
    /// The class by its Python path.
    let type: String
    let folder: OpenedFolder
    let listPath: String

    /// Without its Python module; nil for a class of somebody else's code.
    var className: String? {
      type.hasPrefix("sentence_transformers.")
        ? type.split(separator: ".").last.map(String.init) : nil
    }

    func failure(_ problem: String) -> CheckpointError {
      CheckpointError(
        .unsupported, file: listPath, key: type, problem,
        remedy: "open the model with sentence-transformers")
    }

    func requiredFields() throws(CheckpointError) -> ConfigurationFields {
      if let fields = try ConfigurationFields(ModelFileName.configuration, in: folder) {
        return fields
      }
      throw CheckpointError(
        .missing, file: folder.path(of: ModelFileName.configuration),
        "is missing, which \(listPath) asks for as \(quoted(type))",
        remedy: "fetch the folder again, whole")
    }

    /// Nil for a folder without `modules.json`.
    static func list(in folder: OpenedFolder) throws(CheckpointError) -> [Entry]? {
      guard let bytes = try folder.configuration(ModelFileName.modules) else { return nil }
      let path = folder.path(of: ModelFileName.modules)
      let document = try JSON.document(bytes, file: path, failure: CheckpointError.self)
      guard case .array(let elements) = document, (1...64).contains(elements.count) else {
        throw CheckpointError(
          .malformed, file: path,
          "holds \(document.kind) where a list of 1 to 64 modules is expected")
      }
      var entries: [Entry] = []
      for (index, element) in elements.enumerated() {
        guard case .object(let members) = element else {
          throw CheckpointError(
            .malformed, file: path, "lists \(element.kind) where a module is expected")
        }
        let fields = ConfigurationFields(members, file: path, place: "[\(index)].")
        let type = try fields.required("type", try fields.string("type"))
        let place = try fields.string("path") ?? ""
        guard SentenceModules.isInside(place) else {
          throw fields.failure(
            .malformed, "path", "is \(quoted(place)) where a folder in this one is expected")
        }
        entries.append(Entry(type: type, folder: folder.folder(place), listPath: path))
      }
      return entries
    }
  }

  /// Whether a path leads to a folder itself or one in it.
  private static func isInside(_ path: String) -> Bool {
    path.isEmpty
      || path.utf8.count <= 200 && !path.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\\") }
        && path.split(separator: "/", omittingEmptySubsequences: false)
          .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }
}
