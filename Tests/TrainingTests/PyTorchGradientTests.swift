import Checkpoints
import Foundation
import Tensors
import Testing

@testable import Training

/// Gradients and steps against PyTorch's.
@Suite struct PyTorchGradientTests {
  @Test(arguments: GradientCase.all)
  func gradientsOfEveryTensor(_ example: GradientCase) throws {
    for (name, difference) in try Self.differences(example) {
      #expect(difference < 2e-5, "\(name)")
    }
  }

  /// The largest difference in each tensor, as a share of its largest element.
  static func differences(_ example: GradientCase) throws -> [String: Double] {
    let model = try example.model()
    #expect(model.newTensors.isEmpty)
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    let expected = try example.tensors("gradients.safetensors")
    #expect(Set(expected.names) == Set(model.parameters.layout.entries.map(\.name)))
    var differences: [String: Double] = [:]
    // Whole, and cut into shards of single texts, whose gradients add up.
    for (threads, maxTokens) in [(1, 1000), (1, 1), (3, 4)] {
      let step = DataParallelStep(
        model, optimizer: AdamW(model.parameters.layout), threads: threads, maxTokens: maxTokens)
      let (parts, sum) = try step.gradient(of: batch, objective: objective, dropoutSeed: nil)
      _ = sum.norm(team: nil)
      #expect(abs(parts.total - contents.loss) < 1e-5)
      for entry in model.parameters.layout.entries {
        let values = sum.sum.values.values(of: entry.name)
        // Key biases have no derivative but for rounding: softmax does not see them.
        if isKeyBias(entry.name) {
          #expect(values.allSatisfy { abs($0) < 1e-6 })
          continue
        }
        let difference = relativeDifference(
          values, try expected.floats(entry.name, shape: entry.shape))
        differences[entry.name] = max(differences[entry.name] ?? 0, difference)
      }
    }
    return differences
  }

  static func isKeyBias(_ name: String) -> Bool {
    name.hasSuffix("key.bias") || name.hasSuffix("k_lin.bias")
  }

  @Test(arguments: GradientCase.all)
  func tenStepsOfAdamW(_ example: GradientCase) throws {
    let model = try example.model()
    let contents = try example.contents()
    var settings = AdamW.Settings()
    settings.weightDecay = contents.weightDecay
    let step = DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout, settings: settings), threads: 2,
      maxTokens: 8, clipNorm: contents.clip)
    for expected in contents.steps {
      let texts = expected.texts.map { contents.texts[$0] }
      let (batch, objective) = example.batch(texts, classWeights: contents.classWeights)
      let result = try step(
        batch, objective: objective, learningRate: expected.rate, dropoutSeed: nil)
      #expect(abs(result.loss - expected.loss) < 1e-4)
      #expect(abs(result.gradientNorm - expected.norm) < 1e-4 * max(1, expected.norm))
    }
    #expect(step.optimizer.stepCount == contents.steps.count)
    let expected = try example.tensors("steps.safetensors")
    for entry in model.parameters.layout.entries {
      let wanted = try expected.floats(entry.name, shape: entry.shape)
      // Adam makes whole steps of a key bias's rounding errors.
      let tolerance: Float = Self.isKeyBias(entry.name) ? 2e-2 : 2e-4
      for (value, wanted) in zip(model.parameters.values(of: entry.name), wanted) {
        #expect(abs(value - wanted) < tolerance, "\(entry.name)")
      }
    }
  }
}
