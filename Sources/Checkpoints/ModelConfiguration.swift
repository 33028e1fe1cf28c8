import Quoting
import StrictJSON
public import Tensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What `config.json` says of a BERT or DistilBERT model, under one set of names.
///
/// Mirrors transformers' `BertConfig`
/// (https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertConfig) and
/// `DistilBertConfig`
/// (https://huggingface.co/docs/transformers/model_doc/distilbert#transformers.DistilBertConfig);
/// what the file leaves out has their defaults. All sizes are positive, and small enough that the
/// product of any two does not overflow.
public struct ModelConfiguration: Sendable, Equatable {
  public enum Family: String, Sendable, CaseIterable {
    case bert
    case distilBert = "distilbert"
  }

  /// Which loss the classifier was trained with, and so what turns its logits into scores.
  public enum ProblemType: String, Sendable, CaseIterable {
    case regression
    case singleLabelClassification = "single_label_classification"
    case multiLabelClassification = "multi_label_classification"
  }

  public var family: Family
  /// `vocab_size`
  public var vocabularySize: Int
  /// `hidden_size`; DistilBERT: `dim`
  public var hiddenSize: Int
  /// `num_hidden_layers`; DistilBERT: `n_layers`
  public var layerCount: Int
  /// `num_attention_heads`; DistilBERT: `n_heads`. Divides `hiddenSize`.
  public var headCount: Int
  /// `intermediate_size`; DistilBERT: `hidden_dim`
  public var intermediateSize: Int
  /// `hidden_act`; DistilBERT: `activation`
  public var activation: Activation
  /// `layer_norm_eps`; DistilBERT has no such key and always uses 1e-12.
  public var layerNormEpsilon: Double
  /// `max_position_embeddings`: the most tokens a sequence may have.
  public var maxPositionEmbeddings: Int
  /// `type_vocab_size`; 0 in DistilBERT, which has no token types.
  public var typeVocabularySize: Int
  /// `id2label` in the order of its ids; `LABEL_0` ... where `num_labels` is another number, or there
  /// are no names; without either two of them. A name that is no string is in Python's words, such as
  /// `0` or `True`.
  public var labels: [String]
  /// `problem_type`, where the file gives one of these; any other is as good as none.
  public var problemType: ProblemType?
  /// `pad_token_id`
  public var padTokenID: Int?
  /// Class names such as `BertForSequenceClassification`.
  public var architectures: [String]
  /// `tie_word_embeddings`: whether the masked-LM decoder shares the word embeddings' matrix.
  public var tieWordEmbeddings: Bool
  /// `dtype`, in older files `torch_dtype`: the type the weights were trained or saved in. The
  /// weights file itself says what it holds.
  public var elementType: ElementType?
  /// In training, the probability that an element of the embeddings or of a layer's output is dropped:
  /// `hidden_dropout_prob`; DistilBERT: `dropout`.
  public var hiddenDropout: Double
  /// The same of an attention probability: `attention_probs_dropout_prob`; DistilBERT:
  /// `attention_dropout`.
  public var attentionDropout: Double
  /// The same of what the classifier reads: `classifier_dropout`; DistilBERT: `seq_classif_dropout`.
  public var classifierDropout: Double
  /// `initializer_range`: the standard deviation of new weights.
  public var initializerRange: Double

  /// Reads `config.json` in `folder`. Throws ``CheckpointError``.
  public init(folder: URL) throws(CheckpointError) {
    let path = folder.appending(path: "config.json").path
    let bytes: [UInt8]
    do {
      bytes = try ConfigurationJSON.bytes(ofFile: path)
    } catch let error where error.kind == .missing {
      throw FolderWithoutModel(folder).error
    }
    try self.init(json: bytes, path: path)
  }

  /// The sizes of the published base models, which are the defaults of transformers' classes: BERT base
  /// has 12 layers, DistilBERT 6, both of a hidden size of 768, for texts of 512 tokens; two labels.
  public init(published family: Family) {
    let fields = Array("{\"model_type\": \"\(family.rawValue)\"}".utf8)
    do {
      try self.init(json: fields, path: "config.json")
    } catch {
      preconditionFailure("the defaults are in order: \(error)")
    }
  }

  /// - Parameter path: Where the bytes came from, for error messages.
  init(json bytes: [UInt8], path: String) throws(CheckpointError) {
    let fields = try ConfigurationFields(json: bytes, path: path)
    family = try Self.family(fields)

    switch family {
    case .bert:
      vocabularySize = try fields.size("vocab_size", default: 30522, limit: 1 << 24)
      hiddenSize = try fields.size("hidden_size", default: 768, limit: 1 << 16)
      layerCount = try fields.size("num_hidden_layers", default: 12, limit: 1 << 10)
      headCount = try fields.size("num_attention_heads", default: 12, limit: 1 << 16)
      intermediateSize = try fields.size("intermediate_size", default: 3072, limit: 1 << 20)
      activation = try fields.activation("hidden_act")
      layerNormEpsilon = try fields.epsilon("layer_norm_eps", default: 1e-12)
      typeVocabularySize = try fields.size("type_vocab_size", default: 2, limit: 1 << 16)
    case .distilBert:
      vocabularySize = try fields.size("vocab_size", default: 30522, limit: 1 << 24)
      // transformers maps the three general names onto DistilBERT's own (`attribute_map`).
      hiddenSize = try fields.size("dim", or: "hidden_size", default: 768, limit: 1 << 16)
      layerCount = try fields.size("n_layers", or: "num_hidden_layers", default: 6, limit: 1 << 10)
      headCount = try fields.size(
        "n_heads", or: "num_attention_heads", default: 12, limit: 1 << 16)
      intermediateSize = try fields.size("hidden_dim", default: 3072, limit: 1 << 20)
      activation = try fields.activation("activation")
      layerNormEpsilon = 1e-12
      typeVocabularySize = 0
      // Sinusoidal position embeddings are stored like learned ones, so that key changes nothing.
      _ = try fields.bool("sinusoidal_pos_embds", default: false)
    }
    maxPositionEmbeddings = try fields.size(
      "max_position_embeddings", default: 512, limit: 1 << 20)
    labels = try fields.labels()
    problemType = fields.problemType
    padTokenID = try fields.tokenID("pad_token_id", default: 0, vocabularySize: vocabularySize)
    architectures = try fields.strings("architectures")
    tieWordEmbeddings = try fields.bool("tie_word_embeddings", default: true)
    elementType = try fields.elementType()
    switch family {
    case .bert:
      hiddenDropout = try fields.probability("hidden_dropout_prob", default: 0.1)
      attentionDropout = try fields.probability("attention_probs_dropout_prob", default: 0.1)
      classifierDropout = try fields.probability("classifier_dropout", default: hiddenDropout)
    case .distilBert:
      hiddenDropout = try fields.probability("dropout", default: 0.1)
      attentionDropout = try fields.probability("attention_dropout", default: 0.1)
      classifierDropout = try fields.probability("seq_classif_dropout", default: 0.2)
    }
    initializerRange = try fields.number("initializer_range", default: 0.02)

    guard hiddenSize % headCount == 0 else {
      throw fields.failure(
        .malformed, nil, "\(headCount) attention heads do not divide a hidden size of \(hiddenSize)"
      )
    }
    try fields.refuseOtherAttention()
  }

  private static func family(_ fields: ConfigurationFields) throws(CheckpointError) -> Family {
    let known = "this package runs BERT (\"bert\") and DistilBERT (\"distilbert\")"
    if let name = try fields.string("model_type") {
      guard let family = Family(rawValue: name) else {
        throw fields.failure(.unsupported, "model_type", "is \(quoted(name)); \(known)")
      }
      return family
    }
    // Files from before transformers 2.x have no model_type.
    for name in try fields.strings("architectures") {
      if name.hasPrefix("DistilBert") { return .distilBert }
      if name.hasPrefix("Bert") { return .bert }
    }
    throw fields.failure(
      .malformed, "model_type",
      "is missing, and 'architectures' names no Bert or DistilBert class; "
        + known)
  }
}

/// The members of `config.json`, each read with its checks.
private struct ConfigurationFields {
  let members: JSONMembers
  let path: String

  init(json bytes: [UInt8], path: String) throws(CheckpointError) {
    members = try ConfigurationJSON.members(of: bytes, path: path)
    self.path = path
  }

  func failure(
    _ kind: CheckpointError.Kind, _ key: String?, _ problem: String, remedy: String? = nil
  ) -> CheckpointError {
    CheckpointError(kind, file: path, key: key, problem, remedy: remedy)
  }

  /// The member, where it is there and not null: transformers writes null for what is not set.
  func member(_ key: String) -> JSON? {
    members[key].flatMap { $0 == .null ? nil : $0 }
  }

  func size(
    _ key: String, or general: String? = nil, default standard: Int, limit: Int
  ) throws(CheckpointError) -> Int {
    var key = key
    if let general, member(key) == nil { key = general }
    guard let value = member(key) else { return standard }
    guard case .integer(let size) = value, size > 0 else {
      throw failure(.malformed, key, "is \(value.kind) where a positive integer is expected")
    }
    guard size <= limit else {
      throw failure(.unsupported, key, "is \(size); at most \(limit) is supported")
    }
    return size
  }

  func epsilon(_ key: String, default standard: Double) throws(CheckpointError) -> Double {
    guard let value = member(key) else { return standard }
    switch value {
    case .number(let epsilon) where epsilon >= 0 && epsilon < 1: return epsilon
    case .integer(0): return 0
    default: throw failure(.malformed, key, "is \(value.kind) where a number in 0..<1 is expected")
    }
  }

  /// From 0 to 1, as PyTorch's dropout takes it.
  func probability(_ key: String, default standard: Double) throws(CheckpointError) -> Double {
    let probability = try number(key, default: standard)
    guard probability <= 1 else {
      throw failure(.malformed, key, "is \(probability) where a number in 0...1 is expected")
    }
    return probability
  }

  /// From 0 on.
  func number(_ key: String, default standard: Double) throws(CheckpointError) -> Double {
    switch member(key) {
    case nil: return standard
    case .number(let number)? where number >= 0 && number.isFinite: return number
    case .integer(let number)? where number >= 0: return Double(number)
    case let value?:
      throw failure(.malformed, key, "is \(value.kind) where a number from 0 on is expected")
    }
  }

  func bool(_ key: String, default standard: Bool) throws(CheckpointError) -> Bool {
    guard let value = member(key) else { return standard }
    guard case .bool(let bool) = value else {
      throw failure(.malformed, key, "is \(value.kind) where true or false is expected")
    }
    return bool
  }

  func string(_ key: String) throws(CheckpointError) -> String? {
    guard let value = member(key) else { return nil }
    guard case .string(let string) = value else {
      throw failure(.malformed, key, "is \(value.kind) where a string is expected")
    }
    return string
  }

  func strings(_ key: String) throws(CheckpointError) -> [String] {
    guard let value = member(key) else { return [] }
    guard case .array(let elements) = value else {
      throw failure(.malformed, key, "is \(value.kind) where a list of strings is expected")
    }
    var strings: [String] = []
    for element in elements {
      guard case .string(let string) = element else {
        throw failure(.malformed, key, "lists \(element.kind) where a string is expected")
      }
      strings.append(string)
    }
    return strings
  }

  /// A token's id, or nil for null or -1, which some files have for "none".
  func tokenID(
    _ key: String, default standard: Int, vocabularySize: Int
  ) throws(CheckpointError) -> Int? {
    guard let value = members[key] else { return standard < vocabularySize ? standard : nil }
    switch value {
    case .null, .integer(-1): return nil
    case .integer(let id) where id >= 0 && id < vocabularySize: return id
    default:
      throw failure(
        .malformed, key, "is \(value.kind) where an id in 0..<\(vocabularySize) is expected")
    }
  }

  func activation(_ key: String) throws(CheckpointError) -> Activation {
    guard let name = try string(key) else { return .gelu }
    guard let activation = Activation(configurationName: name) else {
      throw failure(
        .unsupported, key,
        "is \(quoted(name)); supported are \(Activation.configurationNames.joined(separator: ", "))"
      )
    }
    return activation
  }

  /// Transformers takes any value, and its pipeline does not look further than for the three.
  var problemType: ModelConfiguration.ProblemType? {
    guard case .string(let name)? = member("problem_type") else { return nil }
    return ModelConfiguration.ProblemType(rawValue: name)
  }

  func elementType() throws(CheckpointError) -> ElementType? {
    let key = member("dtype") == nil ? "torch_dtype" : "dtype"
    guard var name = try string(key) else { return nil }
    if name.hasPrefix("torch.") { name.removeFirst("torch.".count) }
    // The file's own types are what counts, so a word such as "auto" is no reason to give up.
    return ElementType.allCases.first { $0.name == name }
  }

  func labels() throws(CheckpointError) -> [String] {
    let limit = 1 << 20
    let count =
      member("num_labels") == nil ? nil : try size("num_labels", default: 2, limit: limit)
    guard let map = member("id2label") else { return Self.numberedLabels(count ?? 2) }
    guard case .object(let members) = map else {
      throw failure(
        .malformed, "id2label", "is \(map.kind) where an object from ids to labels is expected")
    }
    guard members.count <= limit else {
      throw failure(.unsupported, "id2label", "has \(members.count) labels; at most \(limit)")
    }
    var values: [Int: JSON] = [:]
    for (key, value) in members {
      guard let id = Int(key), String(id) == key else {
        throw failure(.malformed, "id2label", "has the key \(quoted(key)), which is no label id")
      }
      values[id] = value
    }
    // Transformers drops the names then, whatever they are.
    if let count, count != values.count { return Self.numberedLabels(count) }
    guard !values.isEmpty else {
      throw failure(.malformed, "id2label", "is empty; a model has at least one label")
    }
    var labels: [String] = []
    for id in 0..<values.count {
      guard let value = values[id] else {
        throw failure(
          .malformed, "id2label",
          "has \(values.count) labels, and among them none with the id \(id); ids count from 0 "
            + "without gaps")
      }
      guard let label = Self.label(value) else {
        throw failure(.malformed, "id2label", "gives \(value.kind) where a label is expected")
      }
      labels.append(label)
    }
    return labels
  }

  private static func numberedLabels(_ count: Int) -> [String] {
    (0..<count).map { "LABEL_\($0)" }
  }

  /// The label in Python's words: transformers takes any value and answers with it. Classes that were
  /// numbers in a table are often numbers here too. Nil for what is no name.
  private static func label(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): "\(number)"
    // Where Swift writes a number as Python does.
    case .number(let number) where number == 0 || (1e-4..<1e15).contains(number.magnitude):
      "\(number)"
    case .bool(let value): value ? "True" : "False"
    case .null: "None"
    case .number, .array, .object: nil
    }
  }

  func refuseOtherAttention() throws(CheckpointError) {
    if let kind = try string("position_embedding_type"), kind != "absolute" {
      throw failure(
        .unsupported, "position_embedding_type", "is \(quoted(kind)); only 'absolute' is supported")
    }
    for key in ["is_decoder", "add_cross_attention", "is_encoder_decoder"] {
      if try bool(key, default: false) {
        throw failure(.unsupported, key, "is true; only encoders are supported")
      }
    }
  }
}
