import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// The numbers of transformers in reduced precision, on tiny models of every kind of stored weight.
@Suite struct PrecisionTests {
  /// What is left of a number's digits, times what sums and layers make of it.
  private static let tolerances: [Precision: Float] = [
    .bf16x3: 2e-4, .bfloat16: 0.05, .int8: 0.2,
  ]

  @Test(
    arguments: [
      "bert-safetensors", "bert-sharded", "bert-bin", "bert-f16", "bert-bf16", "bert-bin-f16",
      "bert-bin-f64", "bert-gelu-new", "bert-multi-label", "distilbert-safetensors",
    ], [Precision.bf16x3, .bfloat16, .int8])
  func logitsAndHiddenStates(_ fixture: String, precision: Precision) throws {
    let model = try ReferenceModel(
      fixture: fixture, layers: LinearOptions(precision: precision))
    let tolerance = try #require(Self.tolerances[precision])
    let logits = try model.largestLogitDifference()
    #expect(logits < tolerance)
    #expect(try model.largestStateDifference() < tolerance)
  }

  /// Each has errors of its own size, so that none can stand in for another unseen.
  @Test(arguments: ["bert-safetensors", "bert-bf16", "distilbert-safetensors"])
  func everyPrecisionIsUsed(_ fixture: String) throws {
    func logits(_ precision: Precision) throws -> [Float] {
      let logits = try ReferenceModel(
        fixture: fixture, layers: LinearOptions(precision: precision)
      ).logits()
      return (0..<logits.rows).flatMap { logits.row($0) }
    }
    let exact = try logits(.float32)
    let fine = largestDifference(try logits(.bf16x3), exact)
    let rough = largestDifference(try logits(.bfloat16), exact)
    #expect(fine > 0 && fine < 2e-4)
    #expect(rough > 10 * fine && rough < 0.05)
    let bytes = largestDifference(try logits(.int8), exact)
    #expect(bytes > 10 * fine && bytes < 0.1 && bytes != rough)
  }

  @Test(arguments: [Precision.bf16x3, .bfloat16, .int8])
  func aTeamGivesTheSameNumbers(_ precision: Precision) throws {
    let model = try ReferenceModel(
      folder: fixturesFolder.appending(path: "checkpoints/bert-safetensors"),
      layers: LinearOptions(precision: precision))
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
