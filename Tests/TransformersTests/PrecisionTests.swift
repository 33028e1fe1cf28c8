import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// The numbers of transformers in reduced precision, on tiny models of every kind of stored weight.
@Suite struct PrecisionTests {
  /// What is left of a number's digits, times what sums and layers make of it.
  private static let tolerances: [Precision: Float] = [.bf16x3: 2e-4, .bfloat16: 0.05]

  @Test(
    arguments: [
      "bert-safetensors", "bert-sharded", "bert-bin", "bert-f16", "bert-bf16", "bert-bin-f16",
      "bert-bin-f64", "bert-gelu-new", "bert-multi-label", "distilbert-safetensors",
    ], [Precision.bf16x3, .bfloat16])
  func logitsAndHiddenStates(_ fixture: String, precision: Precision) throws {
    let model = try ReferenceModel(fixture: fixture, precision: precision)
    let tolerance = try #require(Self.tolerances[precision])
    let logits = try model.largestLogitDifference()
    #expect(logits < tolerance)
    #expect(try model.largestStateDifference() < tolerance)
    // Single precision comes closer than this: so it was not used.
    #expect(precision == .bf16x3 || logits > 1e-5)
  }

  @Test(arguments: [Precision.bf16x3, .bfloat16])
  func aTeamGivesTheSameNumbers(_ precision: Precision) throws {
    let model = try ReferenceModel(
      folder: fixturesFolder.appending(path: "checkpoints/bert-safetensors"), precision: precision)
    let classifier = try model.classifier()
    let batch = PackedBatch([[Int32]](repeating: model.sequences[0].inputIDs, count: 200))
    let (alone, together) = (Workspace(), Workspace())
    together.team = Team(size: 3)
    #expect(together.team != nil)
    let expected = try classifier.logits(batch, workspace: alone)
    let logits = try classifier.logits(batch, workspace: together)
    for row in 0..<batch.sequenceCount {
      for (a, b) in zip(logits.row(row), expected.row(row)) { #expect(abs(a - b) < 1e-6) }
    }
  }
}
