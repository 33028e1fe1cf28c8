import Tensors
import Transformers

/// What one thread needs to take a batch through a model and back: the activations that the way back
/// reads, and scratch. Used again by the next batch.
public final class TrainingPass {
  public let workspace = Workspace()
  /// Of the last forward pass.
  var saved: SavedPass?

  public init() {}
}

/// What a forward pass leaves for the way back.
struct SavedPass {
  let batch: PackedBatch
  let dropout: Dropout?
  /// One a token and one a sequence, for the dropout.
  let tokenNumbers: [UInt64]
  let sequenceNumbers: [UInt64]
  let maskedTokens: [Int]
  var embeddings: TrainableEmbeddings.Saved?
  var layers: [TrainableLayer.Saved] = []
  var classifier: ClassifierTrainingHead.Saved?
  var maskedLM: MaskedLMTrainingHead.Saved?
  /// The last layer's output, for all tokens or for the first of each sequence.
  var states: Matrix?
  var hasAllStates = true

  init(_ batch: PackedBatch, maskedTokens: [Int], dropout: Dropout?) {
    self.batch = batch
    self.maskedTokens = maskedTokens
    self.dropout = dropout
    guard let dropout else {
      (tokenNumbers, sequenceNumbers) = ([], [])
      return
    }
    precondition(
      dropout.sequences == nil || dropout.sequences!.count == batch.sequenceCount,
      "a number for each sequence")
    tokenNumbers = (0..<batch.sequenceCount).flatMap { sequence in
      (0..<batch.tokens(of: sequence).count).map {
        dropout.number(sequence: sequence, position: $0)
      }
    }
    sequenceNumbers = (0..<batch.sequenceCount).map { dropout.number(sequence: $0, position: 0) }
  }
}
