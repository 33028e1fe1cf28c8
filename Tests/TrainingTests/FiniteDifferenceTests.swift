import Checkpoints
import Foundation
import Tensors
import Testing
import Transformers

@testable import Training

/// Gradients against differences of a loss computed in double precision.
///
/// The table of the largest differences of each kind of tensor, in both comparisons:
///
///     CLOUD4BERT_GRADIENT_TABLE=1 Scripts/test --filter gradientTable
@Suite struct FiniteDifferenceTests {
  struct Variant: CustomTestStringConvertible, Sendable {
    let example: GradientCase
    var activation: Activation?
    var hasDropout = false
    var stateWeights: Float = 0

    var testDescription: String {
      "\(example.name)\(activation.map { ", \($0)" } ?? "")\(hasDropout ? ", dropout" : "")"
        + (stateWeights == 0 ? "" : ", states")
    }
  }

  static let variants: [Variant] =
    GradientCase.all.flatMap { example in
      [Variant(example: example), Variant(example: example, hasDropout: true)]
    } + [
      Variant(example: GradientCase.all[0], hasDropout: true, stateWeights: 0.02),
      Variant(example: GradientCase.all[3], stateWeights: 0.02),
      Variant(example: GradientCase.all[1], activation: .silu, stateWeights: 0.02),
      Variant(example: GradientCase.all[3], activation: .geluSigmoid),
      Variant(example: GradientCase.all[0], activation: .tanh),
      Variant(example: GradientCase.all[0], activation: .sigmoid),
      Variant(example: GradientCase.all[0], activation: .linear),
      Variant(example: GradientCase.all[0], activation: .mish),
      Variant(example: GradientCase.all[0], activation: .laplace),
      Variant(example: GradientCase.all[5], hasDropout: true, stateWeights: 0.02),
      Variant(example: GradientCase.all[6], activation: .relu, hasDropout: true),
    ]

  /// The largest relative difference of each tensor: in a direction that takes in all elements, and in
  /// one element alone.
  static func differences(_ variant: Variant) throws -> [String: Double] {
    let base = try variant.example.model()
    var configuration = base.configuration
    // The padding word's derivative is left out on purpose.
    configuration.padTokenID = nil
    if let activation = variant.activation { configuration.activation = activation }
    if variant.hasDropout {
      configuration.hiddenDropout = 0.2
      configuration.attentionDropout = 0.3
      configuration.classifierDropout = 0.25
    }
    let model = try TrainableModel(configuration, head: base.head) { name, _ in
      base.parameters.values(of: name)
    }
    // One token, two and five: enough for every term, and quick.
    let texts = Array(try variant.example.contents().texts.prefix(3))
    let (batch, plain) = variant.example.batch(texts, classWeights: [1, 1, 1])
    let step = DataParallelStep(
      model, optimizer: AdamW(model.parameters.layout), threads: 2, maxTokens: 9)
    let seed: UInt64? = variant.hasDropout ? 5 : nil
    let (parts, sum) =
      variant.stateWeights == 0
      ? try step.gradient(of: batch, objective: plain, dropoutSeed: seed)
      : try step.gradient(
        of: batch, objective: StatesObjective(inner: plain, scale: variant.stateWeights),
        dropoutSeed: seed)
    _ = sum.norm(team: nil)

    var reference = DoubleReference(model)
    let dropout = seed.map { Dropout(seed: $0, step: 0) }
    let weights = Double(variant.stateWeights)
    let loss = reference.loss(texts, dropout: dropout, stateWeights: weights)
    #expect(abs(loss - parts.total) < 1e-5 * max(1, abs(loss)))

    var differences: [String: Double] = [:]
    var generator = SplitMix64(state: 1)
    for entry in model.parameters.layout.entries {
      // Nothing but rounding, as the comparison with PyTorch checks.
      if PyTorchGradientTests.isKeyBias(entry.name) { continue }
      let gradient = sum.sum.values.values(of: entry.name).map(Double.init)
      let values = reference.values[entry.name]!
      var directions = [gradient.map { _ in generator.next() & 1 == 0 ? 1.0 : -1.0 }]
      var single = [Double](repeating: 0, count: gradient.count)
      single[generator.number(below: gradient.count)] = 1
      directions.append(single)
      let size = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for direction in directions {
        func moved(_ distance: Double) -> Double {
          reference.values[entry.name] = zip(values, direction).map { $0 + distance * $1 }
          return reference.loss(texts, dropout: dropout, stateWeights: weights)
        }
        let measured = (moved(1e-5) - moved(-1e-5)) / 2e-5
        let computed = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
        // A direction of ±1 in n elements is √n long.
        let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let difference = abs(measured - computed) / max(size * length, 1e-3)
        differences[entry.name] = max(
          differences[entry.name] ?? 0, difference.isNaN ? .infinity : difference)
      }
      reference.values[entry.name] = values
    }
    return differences
  }

  @Test(arguments: variants)
  func gradientsAreTheSlopes(_ variant: Variant) throws {
    for (name, difference) in try Self.differences(variant) {
      #expect(difference < 1e-5, "\(name)")
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["CLOUD4BERT_GRADIENT_TABLE"] != nil))
  func gradientTable() throws {
    var (slopes, torch) = ([String: Double](), [String: Double]())
    for variant in Self.variants {
      for (name, difference) in try Self.differences(variant) {
        slopes[kind(of: name)] = max(slopes[kind(of: name)] ?? 0, difference)
      }
    }
    for example in GradientCase.all {
      for (name, difference) in try PyTorchGradientTests.differences(example) {
        torch[kind(of: name)] = max(torch[kind(of: name)] ?? 0, difference)
      }
    }
    print("| tensor | finite differences | PyTorch |\n| --- | ---: | ---: |")
    for name in slopes.keys.sorted() {
      let columns = [slopes[name]!, torch[name]!].map { String(format: "%.1e", $0) }
      print("| \(name) | \(columns.joined(separator: " | ")) |")
    }
  }
}
