import Foundation
import Tensors
import TestSupport
import Testing

/// The numbers of transformers, on tiny models of every shape and file kind, by BLAS and by the engine's
/// own products.
@Suite struct ParityTests {
  @Test(
    arguments: [
      "bert-safetensors", "bert-sharded", "bert-bin", "bert-bin-sharded", "bert-f16", "bert-bf16",
      "bert-bin-f16", "bert-bin-f64", "bert-old-names", "bert-gelu-new", "bert-multi-label",
      "distilbert-safetensors", "distilbert-bin", "bert-bin-legacy", "bert-bin-legacy-sharded",
      "distilbert-bin-legacy", "bert-surplus",
    ], Products.allCases)
  func logitsAndHiddenStates(_ fixture: String, products: Products) throws {
    let model = try ReferenceModel(
      fixture: fixture, layers: LinearOptions(products: products))
    #expect(model.sequences.count > 1)
    #expect(try model.largestLogitDifference() < 1e-4)
    #expect(try model.largestStateDifference() < 1e-4)
  }

  @Test(
    arguments: ["bert-bare", "bert-pretraining", "bert-pretraining-bin", "distilbert-mlm"],
    Products.allCases)
  func hiddenStatesOfModelsWithOtherHeads(_ fixture: String, products: Products) throws {
    let model = try ReferenceModel(
      fixture: fixture, layers: LinearOptions(products: products))
    #expect(try model.largestStateDifference() < 1e-4)
  }

  /// Model folders elsewhere, too large to keep here: their paths in `CLOUD4BERT_REFERENCES`,
  /// separated by colons, each with the `expected.json` of `Scripts/fixtures/reference.py`.
  static let references =
    ProcessInfo.processInfo.environment["CLOUD4BERT_REFERENCES"]?
    .split(separator: ":").map { URL(filePath: String($0)) } ?? []

  @Test(.enabled(if: !references.isEmpty), arguments: references)
  func largeModels(_ folder: URL) throws {
    let model = try ReferenceModel(folder: folder)
    let states = try model.largestStateDifference(firstTokens: 4)
    let logits = model.sequences[0].logits == nil ? nil : try model.largestLogitDifference()
    print(
      "\(folder.lastPathComponent): largest difference of hidden states \(states)"
        + (logits.map { ", of logits \($0)" } ?? ""))
    #expect(states < 1e-3)
    if let logits { #expect(logits < 1e-4) }
  }
}
