import Checkpoints
import Testing

@testable import Transformers

@Suite struct RandomTensorsTests {
  private func floats(_ key: String, _ shape: [Int], seed: UInt64 = 0) throws -> [Float] {
    var weights = NamedWeights(randomFor: ModelConfiguration(published: .bert), seed: seed)
    return try weights.tensor(key, shape: shape).floats()
  }

  @Test func areAsBeforeTraining() throws {
    let key = "bert.encoder.layer.0.output.dense"
    let values = try floats("\(key).weight", [300, 200])
    let mean = values.reduce(0, +) / Float(values.count)
    let deviation = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
    #expect(abs(mean) < 0.001 && abs(deviation - 0.02) < 0.0005)
    #expect(try floats("\(key).bias", [200]) == [Float](repeating: 0, count: 200))
    for norm in ["bert.embeddings.LayerNorm", "distilbert.transformer.layer.0.sa_layer_norm"] {
      #expect(try floats("\(norm).weight", [8]) == [Float](repeating: 1, count: 8))
    }
  }

  @Test func areTheSameForTheSameSeed() throws {
    let values = try floats("a.weight", [4, 4])
    #expect(try floats("a.weight", [4, 4]) == values)
    #expect(try floats("b.weight", [4, 4]) != values)
    #expect(try floats("a.weight", [4, 4], seed: 1) != values)
  }

  @Test func impossibleShapesAreRefused() throws {
    var weights = NamedWeights(randomFor: ModelConfiguration(published: .distilBert))
    #expect(throws: CheckpointError.self) {
      try weights.tensor("a.weight", shape: [1 << 40, 1 << 40])
    }
    #expect(throws: CheckpointError.self) { try weights.tensor("a.weight", shape: [0]) }
    try weights.checkAllUsed()
    #expect(weights.unusedNames.isEmpty)
  }
}
