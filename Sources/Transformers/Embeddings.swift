import Checkpoints
import Tensors

/// The sum of word, position and, where a family has them, token type embeddings, normalised:
/// `BertEmbeddings` and DistilBERT's `Embeddings` in transformers.
struct Embeddings: Sendable {
  let words: EmbeddingTable
  let positions: Weight
  /// The id of the tokens that have a position of their own.
  let positionPadding: Int?
  let maxTokenCount: Int
  let tokenTypes: Weight?
  let norm: LayerNorm

  var hiddenSize: Int { words.columns }

  /// [tokens, hidden size]
  func callAsFunction(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    try batch.validate(
      vocabularySize: words.rows, typeVocabularySize: tokenTypes?.rows,
      maxTokenCount: maxTokenCount)
    let hidden = workspace.matrix(rows: batch.tokenCount, columns: hiddenSize)
    for sequence in 0..<batch.sequenceCount {
      words.embed(
        ids: batch.tokenIDs, tokenTypeIDs: batch.tokenTypeIDs, sequence: batch.tokens(of: sequence),
        positions: positions, positionPadding: positionPadding, tokenTypes: tokenTypes, into: hidden
      )
    }
    norm.apply(to: hidden, workspace: workspace)
    workspace.lap(.embeddings)
    return hidden
  }
}
