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
  private let positionPadding: Int?
  private let maxTokenCount: Int
  private let tokenTypes: Weight?
  private let norm: LayerNorm
  private let dropout: Double
  /// The word that does not learn from being read.
  private let padding: Int?
  private let entries: ModelEntries

  init(_ parameters: Parameters, entries: ModelEntries, configuration: ModelConfiguration) {
    words = EmbeddingTable(StoredMatrix(parameters.weight(entries.words)))
    positions = parameters.weight(entries.positions)
    positionPadding = configuration.positionPadding
    maxTokenCount = configuration.maxTokenCount
    tokenTypes = entries.tokenTypes.map { parameters.weight($0) }
    norm = parameters.layerNorm(entries.embeddingNorm, configuration)
    dropout = configuration.hiddenDropout
    padding = configuration.padTokenID
    self.entries = entries
  }

  /// [tokens, hidden size]
  func forward(_ pass: inout SavedPass, workspace: Workspace) throws -> Matrix {
    let batch = pass.batch
    try batch.validate(
      vocabularySize: words.rows, typeVocabularySize: tokenTypes?.rows,
      maxTokenCount: maxTokenCount)
    let sums = workspace.matrix(rows: batch.tokenCount, columns: words.columns)
    for sequence in 0..<batch.sequenceCount {
      words.embed(
        ids: batch.tokenIDs, tokenTypeIDs: batch.tokenTypeIDs, sequence: batch.tokens(of: sequence),
        positions: positions, positionPadding: positionPadding, tokenTypes: tokenTypes, into: sums)
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
      weightGradient: gradients.matrix(entries.embeddingNorm.weight),
      biasGradient: gradients.matrix(entries.embeddingNorm.bias))
    gradients.addToTable(gradient, ids: pass.batch.tokenIDs, padding: padding)
    let positions = gradients.matrix(entries.positions)
    let tokenTypes = entries.tokenTypes.map { gradients.matrix($0) }
    for sequence in 0..<pass.batch.sequenceCount {
      var counter = PositionCounter(padding: positionPadding)
      for token in pass.batch.tokens(of: sequence) {
        let position = counter.position(of: pass.batch.tokenIDs[token])
        // As of the word, padding's position does not learn.
        if position != positionPadding { positions.addRow(token, of: gradient, to: position) }
        tokenTypes?.addRow(token, of: gradient, to: Int(pass.batch.tokenTypeIDs[token]))
      }
    }
  }
}
