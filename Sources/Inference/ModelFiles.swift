package import Checkpoints
package import Files
package import Tensors
package import Tokenization
package import Transformers

/// A model folder, opened: what every task begins with.
package struct ModelFiles {
  package let configuration: ModelConfiguration
  package let tokenizer: BertTokenizer
  /// The longest input by the model's own files, in tokens with special ones.
  package let ownMaxLength: Int
  /// What may be asked for instead: room for a pair with a token of text, up to all positions.
  package let maxLengths: ClosedRange<Int>
  /// The weights, of which a model takes what it needs.
  package var weights: NamedWeights

  /// - Parameter lowersCase: Whether texts are lower-cased, whatever the tokenizer's files say.
  /// - Throws: `CheckpointError` and `TokenizerError`.
  package init(
    folder: OpenedFolder, layers: LinearOptions = LinearOptions(), lowersCase: Bool = false
  ) throws {
    let configuration = try ModelConfiguration(folder: folder)
    try self.init(configuration, tokenizerOf: folder, lowersCase: lowersCase) {
      try NamedWeights(Checkpoint(folder: folder), configuration: configuration, layers: layers)
    }
  }

  /// The same of a folder whose weights are open already.
  package init(_ model: StoredModel) throws {
    try self.init(model.configuration, tokenizerOf: model.files) { try model.weights() }
  }

  /// - Parameters:
  ///   - folder: Where the tokenizer's files are.
  ///   - weights: Called once the tokenizer is known to fit the configuration.
  package init(
    _ configuration: ModelConfiguration, tokenizerOf folder: OpenedFolder, lowersCase: Bool = false,
    weights: () throws -> NamedWeights
  ) throws {
    self.configuration = configuration
    tokenizer = try BertTokenizer(folder: folder, lowersCase: lowersCase)
      .limited(to: configuration.vocabularySize)
    self.weights = try weights()
    let positions = configuration.maxTokenCount
    ownMaxLength = min(tokenizer.modelMaxLength ?? positions, positions)
    maxLengths = min(tokenizer.numberOfSpecialTokens(pair: true) + 1, positions)...positions
  }
}
