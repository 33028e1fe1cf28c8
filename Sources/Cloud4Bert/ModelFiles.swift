package import Checkpoints
package import Tensors
package import Tokenization
package import Transformers

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A model folder, opened: what every task begins with.
package struct ModelFiles {
  package let configuration: ModelConfiguration
  package let tokenizer: BertTokenizer
  /// The longest input, in tokens with special ones.
  package let maxLength: Int
  /// The weights, of which a model takes what it needs.
  package var weights: NamedWeights

  /// - Parameters:
  ///   - requested: A maximum length instead of the model's own.
  ///   - lowersCase: Whether texts are lower-cased, whatever the tokenizer's files say.
  /// - Throws: `CheckpointError`, `TokenizerError` and ``ClassifierError``.
  package init(
    folder: URL, maxLength requested: Int?, layers: LinearOptions = LinearOptions(),
    lowersCase: Bool = false
  ) throws {
    let configuration = try ModelConfiguration(folder: folder)
    try self.init(
      configuration, tokenizerOf: folder, maxLength: requested, lowersCase: lowersCase
    ) {
      try NamedWeights(Checkpoint(folder: folder), configuration: configuration, layers: layers)
    }
  }

  /// The same of a folder whose weights are open already.
  package init(_ model: StoredModel, maxLength requested: Int?) throws {
    try self.init(model.configuration, tokenizerOf: model.folder, maxLength: requested) {
      try model.weights()
    }
  }

  /// - Parameters:
  ///   - folder: Where the tokenizer's files are.
  ///   - weights: Called once the tokenizer is known to fit the configuration.
  init(
    _ configuration: ModelConfiguration, tokenizerOf folder: URL, maxLength requested: Int?,
    lowersCase: Bool = false, weights: () throws -> NamedWeights
  ) throws {
    self.configuration = configuration
    tokenizer = try BertTokenizer(folder: folder, lowersCase: lowersCase)
      .limited(to: configuration.vocabularySize)
    self.weights = try weights()
    let positions = configuration.maxTokenCount
    if let requested {
      let allowed = min(tokenizer.numberOfSpecialTokens(pair: true) + 1, positions)...positions
      guard allowed.contains(requested) else {
        throw ClassifierError.maxLengthOutOfRange(requested: requested, allowed: allowed)
      }
      maxLength = requested
    } else {
      maxLength = min(tokenizer.modelMaxLength ?? positions, positions)
    }
  }
}
