import Files

/// `config_sentence_transformers.json`: what is put before each text, and how much of a vector counts.
public struct SentencePrompts: Sendable, Equatable {
  /// By name; `query` and `document` are always there, as in SentenceTransformer.
  private let prompts: [ExactString: String]
  /// The name of the prompt that texts get when nobody asks for one.
  public let defaultName: String?
  /// The numbers of a vector that are kept, from the first on (`truncate_dim`).
  public let truncatedSize: Int?

  /// Throws ``CheckpointError``.
  init(folder: OpenedFolder) throws(CheckpointError) {
    var prompts: [ExactString: String] = [ExactString("query"): "", ExactString("document"): ""]
    guard let fields = try ConfigurationFields(ModelFileName.prompts, in: folder) else {
      self.prompts = prompts
      defaultName = nil
      truncatedSize = nil
      return
    }
    if let given = try fields.object("prompts") {
      for name in try given.keys() { prompts[name] = try given.string(name) ?? "" }
    }
    self.prompts = prompts
    defaultName = try fields.string("default_prompt_name")
    truncatedSize = try fields.integer("truncate_dim", from: 1, limit: 1 << 20)
    if let name = defaultName, prompts[name] == nil {
      throw fields.failure(
        .malformed, "default_prompt_name",
        "is \(quoted(name)), but there is no such prompt; there are \(quotedList(names))")
    }
  }

  /// The prompts' names, in the order of their scalars.
  public var names: [String] { prompts.keys.sorted().map(\.string) }

  /// A prompt by its name; nil where there is none.
  public subscript(name: String) -> String? { prompts[name] }

  /// Which class saved the folder: `SentenceTransformer` where the file does not say.
  static func modelType(folder: OpenedFolder) throws(CheckpointError) -> String {
    try ConfigurationFields(ModelFileName.prompts, in: folder)?.string("model_type")
      ?? "SentenceTransformer"
  }
}
