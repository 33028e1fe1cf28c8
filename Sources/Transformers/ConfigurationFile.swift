public import Checkpoints
package import Files

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A `config.json` to be changed and written again: what is not changed stays, known here or not.
public struct ConfigurationFile: Sendable {
  /// What the file says, as it was read or made.
  public let configuration: ModelConfiguration
  private var members: JSONMembers
  private var family: ModelFamily { configuration.family }

  /// Reads `config.json` in `folder`.
  ///
  /// - Throws: `CheckpointError`
  public init(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init(folder: OpenedFolder) throws(CheckpointError) {
    let fields = try ConfigurationFields(folder: folder)
    // Checked in full: what is written is to be opened again.
    configuration = try ModelConfiguration(fields)
    members = fields.members
  }

  /// A new one of these sizes, dropouts and labels; of a masked language model the labels do not count.
  public init(_ configuration: ModelConfiguration, isMaskedLM: Bool) {
    self.configuration = configuration
    members = [
      "initializer_range": .number(configuration.initializerRange),
      "tie_word_embeddings": .bool(configuration.tieWordEmbeddings),
    ]
    let keys = configuration.family.keys
    set(keys.vocabularySize, .integer(configuration.vocabularySize))
    set(keys.hiddenSize, .integer(configuration.hiddenSize))
    set(keys.layerCount, .integer(configuration.layerCount))
    set(keys.headCount, .integer(configuration.headCount))
    set(keys.intermediateSize, .integer(configuration.intermediateSize))
    set(keys.activation, .string(configuration.activation.configurationName))
    set(keys.layerNormEpsilon, .number(configuration.layerNormEpsilon))
    set(keys.maxPositionEmbeddings, .integer(configuration.maxPositionEmbeddings))
    set(keys.typeVocabularySize, .integer(configuration.typeVocabularySize))
    set(keys.padTokenID, configuration.padTokenID.map { .integer($0) } ?? .null)
    set(keys.hiddenDropout, .number(configuration.hiddenDropout))
    set(keys.attentionDropout, .number(configuration.attentionDropout))
    set(keys.classifierDropout, .number(configuration.classifierDropout))
    for flag in keys.flags { members[flag] = .bool(false) }
    if isMaskedLM {
      becomeMaskedLM()
    } else {
      becomeClassifier(labels: configuration.labels)
    }
  }

  /// Sets a setting under the family's first name for it, and takes its others away.
  private mutating func set<Value>(_ key: ConfigurationKeys.Key<Value>, _ value: JSON) {
    for name in key.names.dropFirst() { members[name] = nil }
    if let name = key.names.first { members[name] = value }
  }

  /// The class, and the family: older files may have no model_type, and transformers opens none without.
  private mutating func setClass(with head: Head) {
    members["architectures"] = .array(family.classes(with: head).prefix(1).map { .string($0) })
    members["model_type"] = .string(family.modelType)
  }

  /// Makes it the configuration of a classifier.
  ///
  /// - Parameters:
  ///   - labels: In the order of their ids.
  ///   - problemType: Whether the labels exclude each other; it decides what becomes of the logits.
  ///   - elementType: What the weights are stored as; `dtype`.
  public mutating func becomeClassifier(
    labels: [String],
    problemType: ModelConfiguration.ProblemType = .singleLabelClassification,
    elementType: ElementType = .float32
  ) {
    setClass(with: .sequenceClassification)
    var (names, ids) = (JSONMembers(), JSONMembers())
    for (id, label) in labels.enumerated() {
      names["\(id)"] = .string(label)
      ids[label] = .integer(id)
    }
    members["id2label"] = .object(names)
    members["label2id"] = .object(ids)
    members["num_labels"] = nil
    members["problem_type"] = .string(problemType.rawValue)
    members["torch_dtype"] = nil
    members["dtype"] = .string(elementType.name)
  }

  /// Makes it the configuration of a masked language model.
  public mutating func becomeMaskedLM() {
    setClass(with: .maskedLM)
    for key in ["id2label", "label2id", "num_labels", "problem_type"] { members[key] = nil }
  }

  /// What the weights are stored as; `dtype`.
  public mutating func setElementType(_ type: ElementType) {
    members["torch_dtype"] = nil
    members["dtype"] = .string(type.name)
  }

  public mutating func setLayerCount(_ count: Int) { set(family.keys.layerCount, .integer(count)) }

  /// The file as transformers writes it: keys in alphabetical order, two spaces a level.
  public var text: String { JSON.object(members).text(indentation: 2) + "\n" }
}
