public import Checkpoints
package import Files
public import Tensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What `config.json` says of a model, under one set of names for all families.
///
/// Mirrors transformers' configuration classes, such as `BertConfig`
/// (https://huggingface.co/docs/transformers/model_doc/bert#transformers.BertConfig); what the file
/// leaves out has their defaults. The names below are BERT's; each family's description has its own. All
/// sizes are positive, and small enough that the product of any two does not overflow.
public struct ModelConfiguration: Sendable, Equatable {
  /// Which loss the classifier was trained with, and so what turns its logits into scores.
  public enum ProblemType: String, Sendable, CaseIterable {
    case regression
    case singleLabelClassification = "single_label_classification"
    case multiLabelClassification = "multi_label_classification"
  }

  public var family: ModelFamily
  /// How many words the vocabulary has: `vocab_size`.
  public var vocabularySize: Int
  /// The width of the hidden states: `hidden_size`; DistilBERT: `dim`.
  public var hiddenSize: Int
  /// How many layers there are: `num_hidden_layers`; DistilBERT: `n_layers`.
  public var layerCount: Int
  /// How many heads a layer's attention has: `num_attention_heads`; DistilBERT: `n_heads`. Divides
  /// ``hiddenSize``.
  public var headCount: Int
  /// The width inside the feed-forward part: `intermediate_size`; DistilBERT: `hidden_dim`.
  public var intermediateSize: Int
  /// The function inside the feed-forward part: `hidden_act`; DistilBERT: `activation`.
  public var activation: Activation
  /// `layer_norm_eps`
  public var layerNormEpsilon: Double
  /// `max_position_embeddings`: the rows of that table. ``maxTokenCount`` is the most tokens a sequence
  /// may have.
  public var maxPositionEmbeddings: Int
  /// `type_vocab_size`; 0 in a family without token types.
  public var typeVocabularySize: Int
  /// `id2label` in the order of its ids; `LABEL_0` ... where `num_labels` is another number, or there
  /// are no names; without either two of them. A name that is no string is in Python's words, such as
  /// `0` or `True`.
  public var labels: [String]
  /// `problem_type`, where the file gives one of these; any other is as good as none.
  public var problemType: ProblemType?
  /// The id of the padding token: `pad_token_id`.
  public var padTokenID: Int?
  /// The names of the model's classes, such as `BertForSequenceClassification`.
  public var architectures: [String]
  /// `tie_word_embeddings`: whether the masked-LM decoder shares the word embeddings' matrix.
  public var tieWordEmbeddings: Bool
  /// `dtype`, in older files `torch_dtype`: the type the weights were trained or saved in. The
  /// weights file itself says what it holds.
  public var elementType: ElementType?
  /// The probability in training that an element of the embeddings or of a layer's output is
  /// dropped: `hidden_dropout_prob`; DistilBERT: `dropout`.
  public var hiddenDropout: Double
  /// The same of an attention probability: `attention_probs_dropout_prob`
  public var attentionDropout: Double
  /// The same of what the classifier reads: `classifier_dropout`
  public var classifierDropout: Double
  /// `initializer_range`: the standard deviation of new weights; without these it need not be one.
  public var initializerRange: Double

  /// Reads `config.json` in `folder`.
  ///
  /// - Throws: `CheckpointError`
  public init(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init(folder: OpenedFolder) throws(CheckpointError) {
    try self.init(ConfigurationFields(folder: folder))
  }

  /// The sizes of the base model that was published first, with two labels: BERT base has 12 layers,
  /// DistilBERT 6, both of a hidden size of 768, for texts of 512 tokens.
  public init(published family: ModelFamily) {
    do {
      try self.init(
        json: Array(family.published.configuration.utf8), path: ModelFileName.configuration)
    } catch {
      preconditionFailure("the defaults are in order: \(error)")
    }
  }

  /// - Parameter path: Where the bytes came from, for error messages.
  init(json bytes: [UInt8], path: String) throws(CheckpointError) {
    try self.init(ConfigurationFields(parsing: bytes, file: path))
  }

  init(_ fields: ConfigurationFields) throws(CheckpointError) {
    family = try Self.family(fields)
    let keys = family.keys
    vocabularySize = try fields.size(keys.vocabularySize, limit: 1 << 24)
    hiddenSize = try fields.size(keys.hiddenSize, limit: 1 << 16)
    layerCount = try fields.size(keys.layerCount, limit: 1 << 10)
    headCount = try fields.size(keys.headCount, limit: 1 << 16)
    intermediateSize = try fields.size(keys.intermediateSize, limit: 1 << 20)
    activation = try fields.activation(keys.activation)
    layerNormEpsilon = try fields.number(keys.layerNormEpsilon)
    maxPositionEmbeddings = try fields.size(keys.maxPositionEmbeddings, limit: 1 << 20)
    typeVocabularySize = try fields.size(keys.typeVocabularySize, limit: 1 << 16)
    padTokenID = try fields.tokenID(keys.padTokenID, vocabularySize: vocabularySize)
    labels = try fields.labels()
    problemType = fields.problemType
    architectures = fields.architectures
    tieWordEmbeddings = try fields.boolean("tie_word_embeddings") ?? true
    elementType = try fields.elementType()
    hiddenDropout = try fields.probability(keys.hiddenDropout)
    attentionDropout = try fields.probability(keys.attentionDropout)
    classifierDropout = try fields.probability(keys.classifierDropout, standard: hiddenDropout)
    initializerRange = try fields.number("initializer_range") ?? 0.02
    for flag in keys.flags { _ = try fields.boolean(flag) }

    guard hiddenSize % headCount == 0 else {
      throw fields.failure(
        .malformed, nil, "\(headCount) attention heads do not divide a hidden size of \(hiddenSize)"
      )
    }
    try checkPositions(fields)
    try fields.refuseOtherAttention()
  }

  private static func family(
    _ fields: ConfigurationFields
  ) throws(CheckpointError) -> ModelFamily {
    let known =
      "this package runs " + list(ModelFamily.all.map { "\($0.name) (\"\($0.modelType)\")" })
    if let name = try fields.string("model_type") {
      guard let family = ModelFamily(modelType: name) else {
        throw fields.failure(.unsupported, "model_type", "is \(quoted(name)); \(known)")
      }
      return family
    }
    // Files from before transformers 2.x have no model_type.
    for name in fields.architectures {
      if let family = ModelFamily(ofClass: name) { return family }
    }
    let classes = list(ModelFamily.all.map(\.classPrefix), last: "or")
    throw fields.failure(
      .malformed, "model_type",
      "is missing, and 'architectures' names no \(classes) class; \(known)")
  }

  /// `a, b and c`
  private static func list(_ names: [String], last word: String = "and") -> String {
    guard names.count > 1, let last = names.last else { return names.joined() }
    return "\(names.dropLast().joined(separator: ", ")) \(word) \(last)"
  }
}

extension ModelConfiguration {
  /// The id of the tokens that have a position of their own, in a family where all others' positions
  /// begin behind that one.
  package var positionPadding: Int? { family.firstPosition == .behindPadding ? padTokenID : nil }

  /// The most tokens that a sequence may have.
  public var maxTokenCount: Int { maxPositionEmbeddings - (positionPadding.map { $0 + 1 } ?? 0) }

  /// The same sizes in a model of another family.
  package func converted(to family: ModelFamily) -> ModelConfiguration {
    var converted = self
    converted.family = family
    // What the other family has no key for, it always has alike.
    if family.keys.layerNormEpsilon.names.isEmpty {
      converted.layerNormEpsilon = family.keys.layerNormEpsilon.standard
    }
    if family.keys.typeVocabularySize.names.isEmpty {
      converted.typeVocabularySize = family.keys.typeVocabularySize.standard
    }
    return converted
  }

  /// The name of a class with this head in transformers: `BertForSequenceClassification`.
  package func className(with head: Head) -> String {
    family.classes(with: head).first ?? family.modelType
  }

  private func checkPositions(_ fields: ConfigurationFields) throws(CheckpointError) {
    guard family.firstPosition == .behindPadding else { return }
    guard padTokenID != nil else {
      throw fields.failure(
        .malformed, family.keys.padTokenID.names.first,
        "is none, though the positions of \(family.name) are counted from it")
    }
    guard maxTokenCount > 0 else {
      throw fields.failure(
        .malformed, family.keys.maxPositionEmbeddings.names.first,
        "is \(maxPositionEmbeddings), which leaves no position behind that of padding")
    }
  }
}

extension ConfigurationFields {
  /// The name that counts; nil where ``ConfigurationKeys/Key/standard`` holds.
  private func name<Value>(_ key: ConfigurationKeys.Key<Value>) -> String? {
    key.names.first { self[$0] != nil }
  }

  fileprivate func size(
    _ key: ConfigurationKeys.Key<Int>, limit: Int
  ) throws(CheckpointError) -> Int {
    guard let name = name(key) else { return key.standard }
    return try integer(name, from: 1, limit: limit) ?? key.standard
  }

  fileprivate func number(_ key: ConfigurationKeys.Key<Double>) throws(CheckpointError) -> Double {
    guard let name = name(key) else { return key.standard }
    return try magnitude(name) ?? key.standard
  }

  fileprivate func probability(
    _ key: ConfigurationKeys.Key<Double>
  ) throws(CheckpointError) -> Double {
    guard let name = name(key) else { return key.standard }
    return try magnitude(name, to: 1) ?? key.standard
  }

  /// - Parameter standard: Where neither the file nor the family has one.
  fileprivate func probability(
    _ key: ConfigurationKeys.Key<Double?>, standard: Double
  ) throws(CheckpointError) -> Double {
    guard let name = name(key) else { return key.standard ?? standard }
    return try magnitude(name, to: 1) ?? standard
  }

  /// A token's id, or nil for null or -1, which some files have for "none".
  fileprivate func tokenID(
    _ key: ConfigurationKeys.Key<Int>, vocabularySize: Int
  ) throws(CheckpointError) -> Int? {
    guard let name = key.names.first, let value = members[name] else {
      return key.standard < vocabularySize ? key.standard : nil
    }
    switch value {
    case .null, .integer(-1): return nil
    case .integer(let id) where id >= 0 && id < vocabularySize: return id
    default:
      throw wrong(name, "an id in 0..<\(vocabularySize)")
    }
  }

  fileprivate func activation(
    _ key: ConfigurationKeys.Key<Activation>
  ) throws(CheckpointError) -> Activation {
    guard let member = self.name(key), let name = try string(member) else { return key.standard }
    guard let activation = Activation(configurationName: name) else {
      throw failure(
        .unsupported, member,
        "is \(quoted(name)); supported are \(Activation.configurationNames.joined(separator: ", "))"
      )
    }
    return activation
  }

  /// Transformers takes any value, and its pipeline does not look further than for the three.
  fileprivate var problemType: ModelConfiguration.ProblemType? {
    guard case .string(let name)? = self["problem_type"] else { return nil }
    return ModelConfiguration.ProblemType(rawValue: name)
  }

  /// Transformers takes any value here too.
  fileprivate var architectures: [String] {
    guard case .array(let values)? = self["architectures"] else { return [] }
    return values.compactMap { if case .string(let name) = $0 { name } else { nil } }
  }

  fileprivate func elementType() throws(CheckpointError) -> ElementType? {
    let key = self["dtype"] == nil ? "torch_dtype" : "dtype"
    guard var name = try string(key) else { return nil }
    if name.hasPrefix("torch.") { name.removeFirst("torch.".count) }
    // The file's own types are what counts, so a word such as "auto" is no reason to give up.
    return ElementType.allCases.first { $0.name == name }
  }

  fileprivate func labels() throws(CheckpointError) -> [String] {
    let limit = 1 << 20
    guard let map = self["id2label"] else {
      return Self.numberedLabels(try labelCount(limit: limit) ?? 2)
    }
    guard case .object(let members) = map else {
      throw wrong("id2label", "an object from ids to labels")
    }
    let count = try labelCount(named: members.count, limit: limit)
    guard members.count <= limit else {
      throw failure(.unsupported, "id2label", "has \(members.count) labels; at most \(limit)")
    }
    var values: [Int: JSON] = [:]
    for key in try object("id2label", map).keys() {
      guard let id = Self.pythonInteger(key), let value = members[key] else {
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

  /// `num_labels`, as Python takes it: true is 1, and a float of another number is as good as the number
  /// of names, which it is compared to.
  private func labelCount(named: Int? = nil, limit: Int) throws(CheckpointError) -> Int? {
    switch self["num_labels"] {
    case .bool(true): 1
    case .number(let count) where named.map(Double.init) == count: named
    default: try integer("num_labels", from: 1, limit: limit)
    }
  }

  /// What Python's `int` makes of ASCII digits: blanks around them, a sign and zeros before them do no
  /// harm.
  private static func pythonInteger(_ text: String) -> Int? {
    let isBlank: (Unicode.Scalar) -> Bool = { (9...13).contains($0.value) || $0 == " " }
    let start = text.unicodeScalars.drop(while: isBlank)
    let count = start.reversed().drop(while: isBlank).count
    return Int(String(start.prefix(count)))
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
    // The table had no label there, or a division by zero.
    case .number(let number) where !number.isFinite:
      number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
    // Both write a number with as few digits as tell it from all others. From 2^63 on it may be one that
    // the file has, and Python tells, digit by digit.
    case .number(let number) where number.magnitude < 0x1p63: "\(number)"
    case .bool(let value): value ? "True" : "False"
    case .null: "None"
    case .number, .brokenString, .array, .object: nil
    }
  }

  fileprivate func refuseOtherAttention() throws(CheckpointError) {
    if let kind = try string("position_embedding_type"), kind != "absolute" {
      throw failure(
        .unsupported, "position_embedding_type", "is \(quoted(kind)); only 'absolute' is supported")
    }
    for key in ["is_decoder", "add_cross_attention"] {
      if try boolean(key) == true {
        throw failure(.unsupported, key, "is true; only encoders are supported")
      }
    }
  }
}
