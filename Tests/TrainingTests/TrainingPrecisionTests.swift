import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Training

/// Training with products in bf16x3, all of them: those of tiny models too.
@Suite struct TrainingPrecisionTests {
  private func step(
    _ model: TrainableModel, _ contents: GradientCase.Contents, threads: Int = 2,
    maxTokens: Int = 8, precision: Precision = .bf16x3
  ) -> DataParallelStep {
    var settings = AdamW.Settings()
    settings.weightDecay = contents.weightDecay
    return DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout, settings: settings), threads: threads,
      maxTokens: maxTokens, clipNorm: contents.clip, precision: precision, packsAll: true)
  }

  private func values(_ parameters: Parameters) -> [[Float]] {
    parameters.layout.entries.map { parameters.values(of: $0.name) }
  }

  /// Both pieces are within 2^-17 of a number, so a product of two is within 2^-16. Through the layers of
  /// these models, forward and back, that adds up to a few times as much: 2e-4 is 13 times 2^-16 (6e-5 was
  /// seen), and far below what single pieces come to, 2^-8.
  @Test(arguments: GradientCase.all)
  func gradientsAreCloseToThoseOfPyTorch(_ example: GradientCase) throws {
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    let expected = try example.tensors("gradients.safetensors")
    let model = try example.model()
    var sums: [Precision: [String: [Float]]] = [:]
    for precision in [Precision.float32, .bf16x3] {
      let (parts, sum) = try step(model, contents, precision: precision).gradient(
        of: batch, objective: objective, dropoutSeed: nil)
      _ = sum.norm(team: nil)
      #expect(abs(parts.total - contents.loss) < 1e-4)
      for entry in model.parameters.layout.entries {
        sums[precision, default: [:]][entry.name] = sum.sum.values.values(of: entry.name)
      }
    }
    #expect(sums[.float32] != sums[.bf16x3])
    var largest = 0.0
    for entry in model.parameters.layout.entries
    where !PyTorchGradientTests.isKeyBias(entry.name) {
      let difference = relativeDifference(
        sums[.bf16x3]![entry.name]!, try expected.floats(entry.name, shape: entry.shape))
      largest = max(largest, difference)
      #expect(difference < 2e-4, "\(entry.name)")
    }
    if ProcessInfo.processInfo.environment["CLOUD4BERT_GRADIENT_TABLE"] != nil {
      print("\(example.name) in bf16x3: \(largest)")
    }
  }

  @Test(arguments: GradientCase.all)
  func tenStepsOfAdamW(_ example: GradientCase) throws {
    let model = try example.model()
    let contents = try example.contents()
    let step = step(model, contents)
    for expected in contents.steps {
      let texts = expected.texts.map { contents.texts[$0] }
      let (batch, objective) = example.batch(texts, classWeights: contents.classWeights)
      let result = try step(
        batch, objective: objective, learningRate: expected.rate, dropoutSeed: nil)
      #expect(abs(result.loss - expected.loss) < 1e-4)
    }
    #expect(step.optimizer.stepCount == contents.steps.count)
  }

  @Test(arguments: GradientCase.all)
  func repeatsBitForBit(_ example: GradientCase) throws {
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    func run(_ precision: Precision) throws -> [[Float]] {
      let model = try example.model()
      let step = step(model, contents, threads: 3, precision: precision)
      for _ in 0..<3 {
        _ = try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: 5)
      }
      return values(model.parameters)
    }
    let first = try run(.bf16x3)
    #expect(try run(.bf16x3) == first)
    #expect(try run(.float32) != first)
  }

  /// Of a step that did not go well, nothing must be kept, as in single precision.
  @Test func stopsBeforeAnythingIsLost() throws {
    let example = GradientCase.all[0]
    let model = try example.model()
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    let name = "bert.encoder.layer.0.intermediate.dense.weight"
    var poisoned = model.parameters.values(of: name)
    poisoned[3] = Float(bitPattern: 0x7FFF_FFFF)
    model.parameters.setValues(poisoned, of: name)
    let step = step(model, contents)
    #expect(throws: TrainingError.self) {
      try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: nil)
    }
    #expect(step.optimizer.stepCount == 0)
  }

  @Test func memoryIsToldWithThePackedOperands() throws {
    var configuration = try GradientCase.all[0].model().configuration
    configuration.hiddenSize = 384
    configuration.intermediateSize = 1536
    func memory(_ precision: Precision, hiddenTokens: Int = 0) -> TrainingMemory {
      TrainingMemory(
        configuration, parameterCount: 1000, threads: 2, shardTokens: 800,
        hiddenTokens: hiddenTokens, precision: precision)
    }
    #expect(memory(.float32).packing == 0)
    let packed = memory(.bf16x3)
    #expect(packed.total == memory(.float32).total + packed.packing)
    // A few megabytes a thread, however large the product.
    #expect(((2 << 20)...(16 << 20)).contains(packed.packing))
    configuration.vocabularySize = 30_000
    #expect(((2 << 20)...(16 << 20)).contains(memory(.bf16x3, hiddenTokens: 120).packing))
  }
}
