import Checkpoints
public import Files

/// What a task needs on top of an encoder, where not every checkpoint has it.
public enum Head: Sendable, Hashable {
  /// Labels of a text.
  case sequenceClassification
  /// Words that are hidden in a text.
  case maskedLM
  /// Whether a text follows another.
  case nextSentence

  /// The classes in transformers whose checkpoints have it.
  public var classes: [String] { ModelFamily.all.flatMap { $0.classes(with: self) } }

  /// Whether a class in transformers has it.
  package func isIn(className: String) -> Bool {
    ModelFamily.all.contains { $0.classes(with: self).contains(className) }
  }

  fileprivate var name: String {
    switch self {
    case .sequenceClassification: "sequence-classification head"
    case .maskedLM: "masked-language-model head"
    case .nextSentence: "next-sentence head"
    }
  }
}

/// A sound checkpoint, but of a model for another task.
public struct MissingHeadError: DescribedError, Sendable, Equatable {
  public let head: Head
  /// The weights file or index.
  public let path: String
  /// A tensor of the head that is not there; nil for a family that has no such head.
  public let key: String?
  /// The class of the checkpoint, as `config.json` has it.
  public let architecture: String?

  init(_ head: Head, _ key: String? = nil, path: String, configuration: ModelConfiguration) {
    self.head = head
    self.path = path
    self.key = key
    architecture = configuration.architectures.first
  }

  /// Whether fine-tuning gives the model this head.
  public var isMendedByTraining: Bool {
    head == .sequenceClassification && !architectureHasHead
  }

  private var architectureHasHead: Bool {
    architecture.map(head.isIn(className:)) ?? false
  }

  public var description: String {
    let problem = "\(path): no \(head.name)" + (key.map { " (\(quoted($0)))" } ?? "")
    if let architecture, architectureHasHead {
      return problem + ", though config.json says \(quoted(architecture)); take config.json and "
        + "the weights from one model"
    }
    let model = architecture.map(quoted) ?? "model"
    let remedy =
      isMendedByTraining
      ? ": take such a model, or fine-tune this one" : ""
    return problem + " in this \(model); the classes that have one are "
      + head.classes.joined(separator: ", ") + remedy
  }
}

extension NamedWeights {
  /// - Parameter keys: Tensors without which there is no such head.
  func requireHead(
    _ head: Head, _ keys: String..., configuration: ModelConfiguration
  ) throws(MissingHeadError) {
    for key in keys where !contains(key) {
      throw MissingHeadError(head, key, path: path, configuration: configuration)
    }
  }
}
