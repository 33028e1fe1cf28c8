import Checkpoints

/// What a task needs on top of an encoder, where not every checkpoint has it.
public enum Head: Sendable, Equatable {
  /// `cls.predictions` in BERT, `vocab_transform` and so on in DistilBERT.
  case maskedLM
  /// `cls.seq_relationship`
  case nextSentence

  /// The classes in transformers whose checkpoints have it.
  public var classes: [String] {
    switch self {
    case .maskedLM: ["BertForMaskedLM", "BertForPreTraining", "DistilBertForMaskedLM"]
    case .nextSentence: ["BertForNextSentencePrediction", "BertForPreTraining"]
    }
  }

  fileprivate var name: String {
    switch self {
    case .maskedLM: "masked-language-model head"
    case .nextSentence: "next-sentence head"
    }
  }
}

/// A sound checkpoint, but of a model for another task.
public struct MissingHeadError: Error, Sendable, Equatable, CustomStringConvertible {
  public let head: Head
  /// The weights file or index.
  public let path: String
  /// The class of the checkpoint, as `config.json` has it.
  public let architecture: String?

  init(_ head: Head, path: String, configuration: ModelConfiguration) {
    self.head = head
    self.path = path
    architecture = configuration.architectures.first
  }

  public var description: String {
    """
    \(path): no \(head.name) in \(architecture.map { "this \($0)" } ?? "this model"); the classes \
    that have one are \(head.classes.joined(separator: ", "))
    """
  }
}

extension NamedWeights {
  /// - Parameter key: A tensor without which there is no such head.
  func requireHead(
    _ head: Head, _ key: String, configuration: ModelConfiguration
  ) throws(MissingHeadError) {
    guard contains(key) else {
      throw MissingHeadError(head, path: path, configuration: configuration)
    }
  }
}
