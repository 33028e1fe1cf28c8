import Checkpoints
import Tensors
import TestSupport
import Testing
import Transformers

@Suite struct BatchTests {
  private func logits(_ sequences: [[Int32]]) throws -> [[Float]] {
    let model = try ReferenceModel(fixture: "bert-safetensors").classifier()
    let logits = try model.logits(PackedBatch(sequences), workspace: Workspace())
    return (0..<sequences.count).map { logits.row($0) }
  }

  @Test func companyChangesNothing() throws {
    let sequences: [[Int32]] = [
      [2, 3], [2, 10, 11, 12, 3], [2, 20, 3], [2] + Array(5..<25) + [3],
    ]
    let together = try logits(sequences)
    for (index, sequence) in sequences.enumerated() {
      for (a, b) in zip(try logits([sequence])[0], together[index]) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test func anEmptyBatchHasNoLogits() throws {
    let model = try ReferenceModel(fixture: "bert-safetensors").classifier()
    let logits = try model.logits(PackedBatch(), workspace: Workspace())
    #expect(logits.rows == 0 && logits.columns == 3)
  }

  @Test func aWarmPassAllocatesNoWorkspace() throws {
    let model = try ReferenceModel(fixture: "bert-safetensors")
    let classifier = try model.classifier()
    let workspace = Workspace()
    for _ in 0..<2 { _ = try classifier.logits(model.batch, workspace: workspace) }
    let settled = workspace.byteCount
    for _ in 0..<3 { _ = try classifier.logits(model.batch, workspace: workspace) }
    #expect(workspace.byteCount == settled)
  }

  @Test func refusesWhatTheModelCannotTake() throws {
    let model = try ReferenceModel(fixture: "bert-safetensors")
    let configuration = model.configuration
    let classifier = try model.classifier()
    let limit = configuration.maxPositionEmbeddings
    let vocabulary = configuration.vocabularySize
    func error(_ batch: PackedBatch) throws -> BatchError {
      try #require(
        thrownError(BatchError.self) { try classifier.logits(batch, workspace: Workspace()) })
    }

    #expect(try error(PackedBatch([[2, 3], []])) == .emptySequence(sequence: 1))
    let long = [Int32](repeating: 2, count: limit + 1)
    #expect(
      try error(PackedBatch([long]))
        == .sequenceTooLong(sequence: 0, length: limit + 1, limit: limit))
    #expect(
      try error(PackedBatch([[2, Int32(vocabulary)]]))
        == .tokenOutOfRange(sequence: 0, id: vocabulary, vocabularySize: vocabulary))
    #expect(
      try error(PackedBatch([[2, -1]]))
        == .tokenOutOfRange(sequence: 0, id: -1, vocabularySize: vocabulary))
    var typed = PackedBatch()
    typed.append([2, 3], tokenTypeIDs: [0, 2])
    #expect(
      try error(typed) == .tokenTypeOutOfRange(sequence: 0, type: 2, typeVocabularySize: 2))
  }
}
