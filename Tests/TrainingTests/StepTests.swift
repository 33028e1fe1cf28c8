import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Training

/// What a step promises beside the right numbers.
@Suite struct StepTests {
  private func run(
    _ example: GradientCase, threads: Int, maxTokens: Int = 8, seed: UInt64 = 3, steps: Int = 3
  ) throws -> TrainableModel {
    let model = try example.model()
    let contents = try example.contents()
    let step = DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout), threads: threads, maxTokens: maxTokens)
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    for _ in 0..<steps {
      _ = try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: seed)
    }
    return model
  }

  private func values(_ model: TrainableModel) -> [[Float]] {
    model.parameters.layout.entries.map { model.parameters.values(of: $0.name) }
  }

  @Test(arguments: GradientCase.all)
  func repeatsBitForBit(_ example: GradientCase) throws {
    let first = values(try run(example, threads: 3))
    let second = values(try run(example, threads: 3))
    let other = values(try run(example, threads: 3, seed: 4))
    #expect(second == first)
    #expect(other != first)
  }

  @Test(arguments: GradientCase.all)
  func doesNotDependOnShards(_ example: GradientCase) throws {
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    var expected: (loss: Double, norm: Double)?
    for (threads, maxTokens) in [(1, 1000), (1, 5), (2, 1000), (4, 1)] {
      let model = try example.model()
      let step = DataParallelStep(
        model, optimizer: AdamW(model.parameters.layout), threads: threads, maxTokens: maxTokens)
      let result = try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: 9)
      if let expected {
        #expect(abs(result.loss - expected.loss) < 1e-6)
        #expect(abs(result.gradientNorm - expected.norm) < 1e-5 * expected.norm)
      }
      expected = (result.loss, result.gradientNorm)
    }
  }

  @Test func goesOnFromSavedMoments() throws {
    let example = GradientCase.all[0]
    let unbroken = try run(example, threads: 2, steps: 4)
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)

    let model = try example.model()
    let step = DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout), threads: 2, maxTokens: 8)
    for _ in 0..<2 {
      _ = try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: 3)
    }
    let other = try example.model()
    let optimizer = AdamW(other.parameters.layout)
    for entry in other.parameters.layout.entries {
      let name = entry.name
      other.parameters.setValues(model.parameters.values(of: name), of: name)
      optimizer.firstMoment.setValues(step.optimizer.firstMoment.values(of: name), of: name)
      optimizer.secondMoment.setValues(step.optimizer.secondMoment.values(of: name), of: name)
    }
    optimizer.stepCount = step.optimizer.stepCount
    let resumed = DataParallelStep(other, optimizer: optimizer, threads: 2, maxTokens: 8)
    for _ in 0..<2 {
      _ = try resumed(batch, objective: objective, learningRate: 1e-3, dropoutSeed: 3)
    }
    #expect(values(other) == values(unbroken))
  }

  @Test(arguments: [Float.nan, .infinity])
  func stopsBeforeAnythingIsLost(_ poison: Float) throws {
    let example = GradientCase.all[0]
    let model = try example.model()
    let contents = try example.contents()
    let (batch, objective) = example.batch(contents.texts, classWeights: contents.classWeights)
    let step = DataParallelStep(model, optimizer: AdamW(model.parameters.layout), threads: 2)
    _ = try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: nil)
    model.parameters.setValues([poison, 0, 0], of: "classifier.bias")
    let before = values(model).map { $0.map(\.bitPattern) }
    #expect(throws: TrainingError.self) {
      try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: nil)
    }
    #expect(values(model).map { $0.map(\.bitPattern) } == before)
    #expect(step.optimizer.stepCount == 1)
    // A sound model steps again: nothing of the bad gradient is left.
    model.parameters.setValues([0, 0, 0], of: "classifier.bias")
    _ = try step(batch, objective: objective, learningRate: 1e-3, dropoutSeed: nil)
    #expect(values(model).joined().allSatisfy { $0.isFinite })
  }

  /// A finite loss whose derivatives are not.
  private struct Runaway: Objective {
    func loss(
      _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
      scratch: TrainingPass
    ) throws -> LossParts {
      gradients.logits[0, 0] = .nan
      return LossParts(["runaway": 1])
    }
  }

  @Test func stopsOnAGradientThatIsNotFinite() throws {
    let example = GradientCase.all[0]
    let model = try example.model()
    let before = values(model)
    let (batch, _) = example.batch(try example.contents().texts, classWeights: [1, 1, 1])
    let step = DataParallelStep(model, optimizer: AdamW(model.parameters.layout), threads: 2)
    #expect(throws: TrainingError.notFinite("the gradient's norm")) {
      try step(batch, objective: Runaway(), learningRate: 1e-3, dropoutSeed: nil)
    }
    #expect(values(model) == before)
  }

  @Test(arguments: GradientCase.classifiers)
  func logitsAreThoseOfTheModelThatRuns(_ example: GradientCase) throws {
    let model = try example.model()
    let contents = try example.contents()
    let (batch, _) = example.batch(contents.texts, classWeights: contents.classWeights)
    let step = DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout), threads: 2, maxTokens: 8)
    let logits = try step.logits(of: batch)
    // A run that is resumed chooses the same epoch.
    #expect(try step.logits(of: batch) == logits)
    var weights = try NamedWeights(
      Checkpoint(folder: example.folder), configuration: model.configuration)
    let expected = try SequenceClassificationModel(&weights, configuration: model.configuration)
      .logits(batch.batch, workspace: Workspace())
    for (index, row) in logits.enumerated() {
      for (a, b) in zip(row, expected.row(index)) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test func manyLabelsAtOnce() throws {
    let example = GradientCase.all[0]
    let model = try example.model()
    let texts = try example.contents().texts
    let (batch, _) = example.batch(texts, classWeights: [1, 1, 1])
    let labels = texts.indices.map { [$0 % 2 == 0, $0 % 3 == 0, false] }
    let step = DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout), threads: 2, maxTokens: 8)
    let (parts, sum) = try step.gradient(
      of: batch, objective: BinaryCrossEntropy(labels: labels), dropoutSeed: nil)
    _ = sum.norm(team: nil)
    // The last bias's derivative is the mean of sigmoid - label.
    let logits = try step.logits(of: batch)
    var (loss, slope) = (0.0, 0.0)
    for (row, labels) in zip(logits, labels) {
      for (x, label) in zip(row, labels) {
        let sigmoid = 1 / (1 + exp(-Double(x)))
        loss -= log(label ? sigmoid : 1 - sigmoid) / Double(3 * texts.count)
      }
      slope += 1 / (1 + exp(-Double(row[2]))) / Double(3 * texts.count)
    }
    #expect(abs(parts.total - loss) < 1e-6)
    #expect(abs(Double(sum.sum.values.values(of: "classifier.bias")[2]) - slope) < 1e-6)
  }
}

/// Where the parameters of a model come from.
@Suite struct TrainableModelTests {
  @Test func headsThatAreMissingBeginAtRandom() throws {
    let folder = fixturesFolder.appending(path: "checkpoints/bert-bare")
    let model = try TrainableModel(
      folder: folder, head: .sequenceClassification, labels: ["a", "b", "c", "d"], seed: 1)
    #expect(model.newTensors.contains("classifier.weight"))
    #expect(model.newTensors.allSatisfy { $0.hasPrefix("classifier") || $0.contains("pooler") })
    #expect(model.configuration.labels == ["a", "b", "c", "d"])
    #expect(model.parameters.values(of: "classifier.bias") == [0, 0, 0, 0])
    let weights = model.parameters.values(of: "classifier.weight")
    #expect(weights.contains { $0 != 0 } && weights.allSatisfy { abs($0) < 0.2 })
    let same = try TrainableModel(
      folder: folder, head: .sequenceClassification, labels: ["a", "b", "c", "d"], seed: 1)
    #expect(same.parameters.values(of: "classifier.weight") == weights)
  }

  @Test func aClassifierOfOtherLabelsIsNew() throws {
    let folder = GradientCase.all[0].folder
    let model = try TrainableModel(
      folder: folder, head: .sequenceClassification, labels: ["yes", "no"])
    #expect(model.newTensors == ["classifier.weight", "classifier.bias"])
    let renamed = try TrainableModel(
      folder: folder, head: .sequenceClassification, labels: ["x", "y", "z"])
    #expect(renamed.newTensors == [])
  }

  @Test func randomWeightsHaveTheRightSpread() throws {
    var configuration = try GradientCase.all[0].model().configuration
    configuration.hiddenSize = 96
    configuration.intermediateSize = 200
    let model = TrainableModel(configuration, head: .maskedLM, seed: 2)
    #expect(model.newTensors.count == model.parameters.layout.entries.count)
    #expect(model.configuration.architectures == ["BertForMaskedLM"])
    let weights = model.parameters.values(of: "bert.encoder.layer.0.intermediate.dense.weight")
    let count = Double(weights.count)
    let mean = weights.reduce(0) { $0 + Double($1) } / count
    let deviation = (weights.reduce(0) { $0 + Double($1 * $1) } / count).squareRoot()
    let meanError = 0.02 / count.squareRoot()
    let deviationError = 0.02 / (2 * count).squareRoot()
    #expect(abs(mean) < 5 * meanError)
    #expect(abs(deviation - 0.02) < 5 * deviationError)
    let norm = model.parameters.values(of: "bert.embeddings.LayerNorm.weight")
    #expect(norm.allSatisfy { $0 == 1 })
    let words = model.parameters.values(of: "bert.embeddings.word_embeddings.weight")
    #expect(words.prefix(96).allSatisfy { $0 == 0 })
  }

  @Test func decayedAreMatricesAlone() throws {
    for example in GradientCase.all {
      for entry in try example.model().parameters.layout.entries {
        #expect(entry.isDecayed == (entry.shape.count == 2))
      }
    }
  }

  @Test func anEncoderThatIsNotWholeIsRefused() throws {
    var configuration = try GradientCase.all[0].model().configuration
    configuration.layerCount = 3
    let weights = try NamedWeights(
      Checkpoint(folder: GradientCase.all[0].folder), configuration: configuration)
    #expect(throws: CheckpointError.self) {
      var weights = weights
      _ = try TrainableModel(configuration, head: .sequenceClassification) { name, shape in
        try weights.tensor(name, shape: shape).floats()
      }
    }
  }
}
