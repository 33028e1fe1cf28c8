import Checkpoints
import Tensors
import Transformers

/// The embeddings on the way forward and back: `dropout(norm(words + positions + token types))`.
struct TrainableEmbeddings {
  struct Saved {
    let norm: LayerNorm.Saved
  }

  private let words: EmbeddingTable
  private let positions: Weight
  private let tokenTypes: Weight?
  private let norm: LayerNorm
  private let dropout: Double
  /// The word that does not learn from being read.
  private let padding: Int?
  private let names: TensorNames

  init(_ parameters: Parameters, names: TensorNames, configuration: ModelConfiguration) {
    words = EmbeddingTable(StoredMatrix(parameters.weight(names.words)))
    positions = parameters.weight(names.positions)
    tokenTypes = names.tokenTypes.map { parameters.weight($0) }
    norm = parameters.layerNorm(names.embeddingNorm, configuration)
    dropout = configuration.hiddenDropout
    padding = configuration.padTokenID
    self.names = names
  }

  /// [tokens, hidden size]
  func forward(_ pass: inout SavedPass, workspace: Workspace) throws -> Matrix {
    let batch = pass.batch
    try batch.validate(
      vocabularySize: words.rows, typeVocabularySize: tokenTypes?.rows,
      maxPositionEmbeddings: positions.rows)
    let sums = workspace.matrix(rows: batch.tokenCount, columns: words.columns)
    for sequence in 0..<batch.sequenceCount {
      words.embed(
        ids: batch.tokenIDs, tokenTypeIDs: batch.tokenTypeIDs, sequence: batch.tokens(of: sequence),
        positions: positions, tokenTypes: tokenTypes, into: sums)
    }
    let states = workspace.matrix(rows: batch.tokenCount, columns: words.columns)
    pass.embeddings = Saved(norm: norm.forward(sums, into: states, workspace: workspace))
    pass.dropout?.mask(.embeddings, probability: dropout)?
      .apply(to: states, rowNumbers: pass.tokenNumbers)
    return states
  }

  /// - Parameter gradient: By the output; overwritten.
  func backward(_ gradient: Matrix, _ pass: SavedPass, into gradients: Gradients) {
    pass.dropout?.mask(.embeddings, probability: dropout)?
      .apply(to: gradient, rowNumbers: pass.tokenNumbers)
    norm.backward(
      gradient, saved: pass.embeddings!.norm,
      weightGradient: gradients.matrix("\(names.embeddingNorm).weight"),
      biasGradient: gradients.matrix("\(names.embeddingNorm).bias"))
    gradients.addToTable(gradient, ids: pass.batch.tokenIDs, padding: padding)
    let positions = gradients.matrix(names.positions)
    let tokenTypes = names.tokenTypes.map { gradients.matrix($0) }
    for sequence in 0..<pass.batch.sequenceCount {
      for (position, token) in pass.batch.tokens(of: sequence).enumerated() {
        positions.addRow(token, of: gradient, to: position)
        tokenTypes?.addRow(token, of: gradient, to: Int(pass.batch.tokenTypeIDs[token]))
      }
    }
  }
}

extension Parameters {
  func layerNorm(_ name: String, _ configuration: ModelConfiguration) -> LayerNorm {
    LayerNorm(
      weight: vector("\(name).weight"), bias: vector("\(name).bias"),
      epsilon: Float(configuration.layerNormEpsilon))
  }

  func matrix(_ name: String) -> Matrix { matrix(layout.entry(name)) }
}

extension Gradients {
  func matrix(_ name: String) -> Matrix { values.matrix(name) }

  func matrix(_ entry: ParameterLayout.Entry) -> Matrix { values.matrix(entry) }
}
