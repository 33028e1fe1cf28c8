public import Tensors
import Transformers

/// What one thread needs to take a batch through a model and back: the activations that the way back
/// reads, and scratch, also that of its products. Used again by the next batch.
public final class TrainingPass {
  public let workspace = Workspace()
  /// Of the last forward pass.
  var saved: SavedPass?
  let multiplication: Multiplication

  /// Makes the memory of one thread's passes.
  ///
  /// - Parameter precision: Of the large products, those of the layers and of a masked language model's
  ///   head: `float32` or `bf16x3`.
  public convenience init(precision: Precision = .float32) {
    self.init(precision: precision, packsAll: false)
  }

  init(precision: Precision, packsAll: Bool) {
    multiplication = Multiplication(precision, workspace: workspace, packsAll: packsAll)
  }
}

/// What a forward pass leaves for the way back.
struct SavedPass {
  let batch: PackedBatch
  let dropout: Dropout?
  /// One a token and one a sequence, for the dropout.
  let tokenNumbers: [UInt64]
  let sequenceNumbers: [UInt64]
  let maskedTokens: [Int]
  let multiplication: Multiplication
  var embeddings: TrainableEmbeddings.Saved?
  var layers: [TrainableLayer.Saved] = []
  var classifier: ClassifierTrainingHead.Saved?
  var maskedLM: MaskedLMTrainingHead.Saved?
  var hasAllStates = true

  init(
    _ batch: PackedBatch, maskedTokens: [Int], dropout: Dropout?, multiplication: Multiplication
  ) {
    self.batch = batch
    self.maskedTokens = maskedTokens
    self.multiplication = multiplication
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
