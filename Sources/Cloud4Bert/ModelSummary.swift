public import Checkpoints
package import Files
import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a model's files hold, for a person to read.
public struct ModelSummary: Sendable, Equatable {
  public typealias File = Checkpoint.File

  /// The class in transformers that opens it, such as `BertForSequenceClassification`.
  public let architecture: String
  /// Numbers in all floating-point tensors of the files.
  public let parameterCount: Int
  /// The files of the weights.
  public let files: [File]
  /// The element types of the floating-point tensors, such as `bfloat16`, in alphabetical order.
  public let elementTypes: [String]
}

extension ModelSummary {
  /// Reads `config.json` and the headers of the weights; the weights stay where they are. Throws
  /// `CheckpointError`.
  public init(folder: URL) throws {
    try self.init(folder: OpenedFolder(folder))
  }

  package init(folder: OpenedFolder) throws {
    let model = try StoredModel(folder: folder)
    self.init(model.checkpoint, configuration: model.configuration)
  }

  fileprivate init(_ checkpoint: Checkpoint, configuration: ModelConfiguration) {
    let tensors = checkpoint.names.compactMap { checkpoint[$0] }
      .filter(\.elementType.isFloatingPoint)
    architecture = configuration.architectures.first ?? configuration.family.modelType
    parameterCount = tensors.reduce(0) { $0 + $1.elementCount }
    files = checkpoint.files
    elementTypes = Set(tensors.map(\.elementType.name)).sorted()
  }
}

extension TextClassifier {
  /// Reads the headers of the model's files again; the weights stay where they are.
  public func summary() throws -> ModelSummary {
    try ModelSummary(Checkpoint(folder: folder), configuration: configuration)
  }
}
