import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Tokenization
import Transformers

@testable import Cloud4Bert

@Suite struct StageTimesTests {
  private func folder(_ name: String) -> URL {
    fixturesFolder.appending(path: "checkpoints/\(name)")
  }

  @Test(arguments: ["bert-safetensors", "distilbert-safetensors"])
  func everyStageTakesTime(_ name: String) async throws {
    let classifier = try TextClassifier(
      folder: folder(name), options: .init(threads: 2, batchTokens: 64))
    let inputs = [TextInput](repeating: "a good film, a slow plot", count: 100)
    let start = ContinuousClock.now
    let times = try await classifier.stageTimes(of: inputs)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    // The activation may be part of the product in front of it.
    for stage in Stage.allCases where stage != .activation { #expect(times[stage] > 0, "\(stage)") }
    #expect(times.sum > 0 && times.sum <= 2 * seconds)
  }

  @Test(arguments: ["bert-safetensors", "distilbert-safetensors"])
  func randomWeightsClassify(_ name: String) throws {
    let shape = try ModelConfiguration(folder: folder(name))
    func answer() throws -> [Float] {
      try TextClassifier(randomWeightsOf: shape, tokenizerOf: folder(name))
        .classifyBlocking("a good film").logits
    }
    let logits = try answer()
    #expect(logits.count == shape.labels.count && logits.allSatisfy(\.isFinite))
    #expect(Set(logits).count > 1)
    #expect(try answer() == logits)
  }

  @Test func aShapeMustHaveRoomForTheTokens() throws {
    var shape = try ModelConfiguration(folder: folder("bert-safetensors"))
    shape.vocabularySize = 3
    let classifier = try TextClassifier(
      randomWeightsOf: shape, tokenizerOf: folder("bert-safetensors"))
    #expect(
      throws: TokenizerError.tokenWithoutEmbedding(token: "[SEP]", id: 3, embeddingCount: 3)
    ) {
      try classifier.classifyBlocking("")
    }
  }
}
