import StrictJSON
import Tensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A `config.json` to be changed and written again: what is not changed stays, known here or not.
public struct ConfigurationFile: Sendable {
  private var members: JSONMembers
  private let family: ModelConfiguration.Family

  /// Reads `config.json` in `folder`. Throws ``CheckpointError``.
  public init(folder: URL) throws(CheckpointError) {
    // Checked in full first: what is written is to be opened again.
    family = try ModelConfiguration(folder: folder).family
    let path = folder.appending(path: "config.json").path
    members = try ConfigurationJSON.members(
      of: ConfigurationJSON.bytes(ofFile: path), path: path)
  }

  /// A new one of DistilBERT, of these sizes, dropouts and labels; of a masked language model the labels
  /// do not count.
  public init(distilBert configuration: ModelConfiguration, isMaskedLM: Bool) {
    family = .distilBert
    members = [
      "activation": .string(configuration.activation.configurationName),
      "attention_dropout": .number(configuration.attentionDropout),
      "dim": .integer(configuration.hiddenSize),
      "dropout": .number(configuration.hiddenDropout),
      "hidden_dim": .integer(configuration.intermediateSize),
      "initializer_range": .number(configuration.initializerRange),
      "max_position_embeddings": .integer(configuration.maxPositionEmbeddings),
      "n_heads": .integer(configuration.headCount),
      "n_layers": .integer(configuration.layerCount),
      "pad_token_id": configuration.padTokenID.map { .integer($0) } ?? .null,
      "seq_classif_dropout": .number(configuration.classifierDropout),
      "sinusoidal_pos_embds": .bool(false),
      "tie_word_embeddings": .bool(configuration.tieWordEmbeddings),
      "vocab_size": .integer(configuration.vocabularySize),
    ]
    if isMaskedLM {
      becomeMaskedLM()
    } else {
      becomeClassifier(labels: configuration.labels)
    }
  }

  /// Makes it the configuration of a classifier.
  ///
  /// - Parameters:
  ///   - problemType: Whether the labels exclude each other; it decides what becomes of the logits.
  ///   - elementType: What the weights are stored as; `dtype`.
  public mutating func becomeClassifier(
    labels: [String],
    problemType: ModelConfiguration.ProblemType = .singleLabelClassification,
    elementType: ElementType = .float32
  ) {
    let architecture =
      switch family {
      case .bert: "BertForSequenceClassification"
      case .distilBert: "DistilBertForSequenceClassification"
      }
    members["architectures"] = .array([.string(architecture)])
    // Older files may have no model_type, and transformers opens none without.
    members["model_type"] = .string(family.rawValue)
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
    let architecture = family == .bert ? "BertForMaskedLM" : "DistilBertForMaskedLM"
    members["architectures"] = .array([.string(architecture)])
    members["model_type"] = .string(family.rawValue)
    for key in ["id2label", "label2id", "num_labels", "problem_type"] { members[key] = nil }
  }

  /// What the weights are stored as; `dtype`.
  public mutating func setElementType(_ type: ElementType) {
    members["torch_dtype"] = nil
    members["dtype"] = .string(type.name)
  }

  /// `num_hidden_layers`; DistilBERT: `n_layers`
  public mutating func setLayerCount(_ count: Int) {
    if family == .distilBert { members["num_hidden_layers"] = nil }
    members[family == .bert ? "num_hidden_layers" : "n_layers"] = .integer(count)
  }

  /// As transformers writes it: keys in alphabetical order, two spaces a level.
  public var text: String { JSON.object(members).text(indentation: 2) + "\n" }
}
