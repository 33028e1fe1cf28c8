import Checkpoints
import Tensors

/// The sum of word, position and (in BERT) token type embeddings, normalised: `BertEmbeddings` and
/// DistilBERT's `Embeddings` in transformers.
struct Embeddings: Sendable {
  let words: EmbeddingTable
  let positions: Weight
  let tokenTypes: Weight?
  let norm: LayerNorm

  var hiddenSize: Int { words.columns }

  /// [tokens, hidden size]
  func callAsFunction(_ batch: PackedBatch, workspace: Workspace) throws -> Matrix {
    try batch.validate(
      vocabularySize: words.rows, typeVocabularySize: tokenTypes?.rows,
      maxPositionEmbeddings: positions.rows)
    let hidden = workspace.matrix(rows: batch.tokenCount, columns: hiddenSize)
    for sequence in 0..<batch.sequenceCount {
      words.embed(
        ids: batch.tokenIDs, tokenTypeIDs: batch.tokenTypeIDs, sequence: batch.tokens(of: sequence),
        positions: positions, tokenTypes: tokenTypes, into: hidden)
    }
    norm.apply(to: hidden, workspace: workspace)
    workspace.lap(.embeddings)
    return hidden
  }
}
