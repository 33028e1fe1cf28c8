import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// RoBERTa, XLM-RoBERTa and CamemBERT against transformers, from token ids on.
@Suite struct RobertaTests {
  private func reference(_ name: String) throws -> ReferenceModel {
    try ReferenceModel(folder: fixturesFolder.appending(path: "roberta/\(name)"))
  }

  @Test(arguments: ["classification", "xlm-classification", "camembert-classification"])
  func logits(_ name: String) throws {
    let model = try reference(name)
    #expect(model.sequences.count > 3)
    #expect(try model.largestLogitDifference() < 1e-4)
  }

  @Test(arguments: [
    "classification", "masked-lm", "masked-lm-untied", "bare", "token-classification",
    "xlm-classification", "xlm-masked-lm", "camembert-classification", "camembert-masked-lm",
  ])
  func hiddenStates(_ name: String) throws {
    let model = try reference(name)
    // Padding is among the tokens: it has a position of its own.
    let padding = try #require(model.configuration.padTokenID)
    #expect(model.sequences.contains { $0.inputIDs.contains(Int32(padding)) })
    #expect(try model.largestStateDifference() < 1e-4)
  }

  @Test(arguments: ["masked-lm", "masked-lm-untied", "xlm-masked-lm", "camembert-masked-lm"])
  func maskedWords(_ name: String) throws {
    let reference = try reference(name)
    var weights = try reference.weights()
    let model = try MaskedLMModel(&weights, configuration: reference.configuration)
    try weights.checkAllUsed()
    let expected = reference.sequences.flatMap { $0.predictionLogits ?? [] }
    let batch = reference.batch
    #expect(expected.count == batch.tokenCount)
    var largest: Float = 0
    try model.logits(batch, of: Array(0..<batch.tokenCount), workspace: Workspace()) {
      for token in $0 {
        largest = max(largest, largestDifference($1.row(token - $0.lowerBound), expected[token]))
      }
    }
    #expect(largest < 1e-4)
  }

  @Test func poolerOutput() throws {
    let reference = try reference("bare")
    var weights = try reference.weights()
    let model = try FeatureModel(&weights, configuration: reference.configuration)
    try weights.checkAllUsed(ignoringHeads: true)
    #expect(model.hasPooler && !model.hasPreClassifier)
    let pooled = try model.poolerOutput(reference.batch, workspace: Workspace())
    for (index, sequence) in reference.sequences.enumerated() {
      #expect(largestDifference(pooled.row(index), try #require(sequence.poolerOutput)) < 1e-4)
    }
  }

  @Test func aClassifierHasAHiddenLayerOfItsOwn() throws {
    let reference = try reference("classification")
    var weights = try reference.weights()
    let model = try FeatureModel(&weights, configuration: reference.configuration)
    #expect(!model.hasPooler && model.hasPreClassifier)
  }

  @Test func noMoreTokensThanPositionsBehindPadding() throws {
    let reference = try reference("classification")
    let configuration = reference.configuration
    #expect(configuration.maxPositionEmbeddings == 18 && configuration.maxTokenCount == 16)
    let long = PackedBatch([[Int32](repeating: 5, count: 17)])
    #expect(throws: BatchError.sequenceTooLong(sequence: 0, length: 17, limit: 16)) {
      try reference.classifier().logits(long, workspace: Workspace())
    }
  }

  @Test func anotherClassHasNoClassifier() throws {
    let reference = try reference("token-classification")
    let error = thrownError(MissingHeadError.self) { try reference.classifier() }
    #expect(error?.key == "classifier.out_proj.weight")
    #expect(error?.architecture == "RobertaForTokenClassification")
    var weights = try reference.weights()
    let missing = thrownError(MissingHeadError.self) {
      try SequenceClassificationModel(
        nextSentence: &weights, configuration: reference.configuration)
    }
    #expect(missing?.head == .nextSentence && missing?.key == nil)
  }
}
