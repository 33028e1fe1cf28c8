package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// `sentence_bert_config.json`: what sentence-transformers keeps beside the files of transformers
/// (https://sbert.net/docs/package_reference/sentence_transformer/modules.html).
public struct SentenceConfiguration: Sendable, Equatable {
  /// The tokens of the longest text, special ones included; longer texts are truncated.
  public let maxSequenceLength: Int?
  /// Whether texts are lower-cased before the tokenizer's own normalization.
  public let lowersCase: Bool

  /// The file of a folder without `modules.json`, of which only the length counts; nil for a folder
  /// without the file.
  ///
  /// - Throws: ``CheckpointError`` for a file that is damaged.
  public init?(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init?(folder: OpenedFolder) throws(CheckpointError) {
    guard let fields = try ConfigurationFields(ModelFileName.sentenceSettings[0], in: folder) else {
      return nil
    }
    maxSequenceLength = try Self.length("max_seq_length", fields)
    lowersCase = false
  }

  /// The settings of the module `Transformer`, in whose folder the file may be.
  ///
  /// - Throws: ``CheckpointError`` for a file that is damaged, or asks for what is not supported.
  init(ofTransformer folder: OpenedFolder) throws(CheckpointError) {
    for name in ModelFileName.sentenceSettings {
      guard let fields = try ConfigurationFields(name, in: folder), !fields.members.isEmpty else {
        continue
      }
      self = try Self(fields)
      return
    }
    self = Self()
  }

  private init() {
    maxSequenceLength = nil
    lowersCase = false
  }

  private init(_ fields: ConfigurationFields) throws(CheckpointError) {
    var length = try Self.length("max_seq_length", fields)
    lowersCase = try fields.boolean("do_lower_case") ?? false
    if let task = try fields.string("transformer_task"), task != "feature-extraction" {
      throw fields.failure(
        .unsupported, "transformer_task",
        "is \(quoted(task)); only 'feature-extraction' is supported"
      )
    }
    try Self.checkOutput(fields)
    for key in ["processing_kwargs", "tokenizer_name_or_path"] {
      guard let value = fields[key], value != .object([:]) else { continue }
      throw fields.failure(.unsupported, key, "is set, which is not supported")
    }
    for key in ["model_args", "model_kwargs"] {
      try fields.object(key)?.refuseOthers(than: Self.harmless)
    }
    for key in ["config_args", "config_kwargs"] {
      try fields.object(key)?.refuseOthers(than: ["trust_remote_code", "use_cache"])
    }
    for key in ["tokenizer_args", "processor_kwargs"] {
      guard let settings = try fields.object(key) else { continue }
      try settings.refuseOthers(than: ["trust_remote_code", "use_fast", "model_max_length"])
      length = try Self.length("model_max_length", settings) ?? length
    }
    maxSequenceLength = length
    try fields.refuseOthers(than: Self.known)
  }

  /// What changes how a model is loaded and run, but not what it computes.
  private static let harmless: Set = [
    "trust_remote_code", "torch_dtype", "dtype", "attn_implementation", "add_pooling_layer",
    "use_safetensors", "low_cpu_mem_usage",
  ]

  private static let known: Set = [
    "max_seq_length", "do_lower_case", "transformer_task", "modality_config", "module_output_name",
    "processing_kwargs", "tokenizer_name_or_path", "model_args", "model_kwargs", "config_args",
    "config_kwargs", "tokenizer_args", "processor_kwargs",
    // Of how texts are laid out in memory, and of tasks that are not asked for here.
    "unpad_inputs", "query_length", "document_length", "query_expansion",
  ]

  private static func length(
    _ key: String, _ fields: ConfigurationFields
  ) throws(CheckpointError) -> Int? {
    try fields.integer(key, from: 3, "a number of tokens from 3 on, or null,")
  }

  /// Refuses anything but the states of the last layer, as features of tokens.
  private static func checkOutput(_ fields: ConfigurationFields) throws(CheckpointError) {
    guard let modalities = try fields.object("modality_config") else { return }
    if modalities["message"] != nil {
      throw modalities.failure(.unsupported, "message", "asks for chats, which are not supported")
    }
    guard let text = try modalities.object("text") else {
      throw modalities.failure(.unsupported, "text", "is missing; only texts are supported")
    }
    let expected: [(key: String, value: String)] = [
      ("method", "forward"), ("method_output_name", "last_hidden_state"),
    ]
    for (key, value) in expected {
      let given = text[key]
      if given == .string(value) || given == .array([.string(value)]) { continue }
      throw text.failure(
        .unsupported, key, "is \(given?.kind ?? "missing"); only \(quoted(value)) is supported")
    }
    if let name = try fields.string("module_output_name"), name != "token_embeddings" {
      throw fields.failure(
        .unsupported, "module_output_name",
        "is \(quoted(name)); only 'token_embeddings' is supported")
    }
  }
}
