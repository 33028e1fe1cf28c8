import Checkpoints
import Foundation
import Tensors
import Training
import Transformers

@testable import Training

/// BERT, DistilBERT and RoBERTa as the papers have them, in double precision and with loops alone: what finite
/// differences are taken of.
struct DoubleReference {
  let configuration: ModelConfiguration
  let head: TrainableModel.Head
  var values: [String: [Double]]
  private let names: ModelNames

  init(_ model: TrainableModel) {
    configuration = model.configuration
    head = model.head
    names = ModelNames(model.configuration)
    values = [:]
    for entry in model.parameters.layout.entries {
      values[entry.name] = model.parameters.values(of: entry.name).map(Double.init)
    }
  }

  typealias Rows = [[Double]]

  private func linear(_ x: Rows, _ name: ModuleName) -> Rows {
    linear(x, name.weight, bias: name.bias)
  }

  private func linear(_ x: Rows, _ weight: String, bias: String) -> Rows {
    let (weight, bias) = (values[weight]!, values[bias]!)
    return x.map { row in
      bias.indices.map { output in
        bias[output] + product(row, 0, weight, output * row.count, row.count)
      }
    }
  }

  /// Through pointers: thousands of passes take seconds even where nothing is optimised.
  private func product(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int, _ count: Int) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        let (a, b) = (a.baseAddress! + i, b.baseAddress! + j)
        var (sum, index) = (0.0, 0)
        while index < count {
          sum += a[index] * b[index]
          index += 1
        }
        return sum
      }
    }
  }

  private func norm(_ x: Rows, _ name: ModuleName) -> Rows {
    let (weight, bias) = (values[name.weight]!, values[name.bias]!)
    return x.map { row in
      let mean = row.reduce(0, +) / Double(row.count)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
      let inverse = 1 / (variance + configuration.layerNormEpsilon).squareRoot()
      return row.indices.map { (row[$0] - mean) * inverse * weight[$0] + bias[$0] }
    }
  }

  private func activated(_ x: Rows, _ activation: Activation) -> Rows {
    x.map { row in
      row.map { x in
        switch activation {
        case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
        case .geluTanh:
          0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .geluSigmoid: x / (1 + exp(-1.702 * x))
        case .relu: max(x, 0)
        case .silu: x / (1 + exp(-x))
        case .tanh: Foundation.tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .linear: x
        case .gelu10: min(x * 0.5 * erfc(-x / 2.0.squareRoot()), 10)
        case .mish: x * Foundation.tanh(log1p(exp(x)))
        case .hardswish: x * min(max(x + 3, 0), 6) / 6
        case .leakyReLU: max(x, 0.01 * x)
        case .relu6: min(max(x, 0), 6)
        case .squaredReLU: max(x, 0) * max(x, 0)
        case .laplace: 0.5 * erfc(-(x - 0.707107) / (0.282095 * 2.0.squareRoot()))
        }
      }
    }
  }

  private func added(_ a: Rows, _ b: Rows) -> Rows {
    zip(a, b).map { zip($0, $1).map { $0 + $1 } }
  }

  private func dropped(_ x: Rows, _ mask: DropoutMask?, _ numbers: [UInt64]) -> Rows {
    guard let mask else { return x }
    return zip(x, numbers).map { row, number in
      let key = keyed(mask.key, number)
      return row.indices.map { row[$0] * factor(mask, key, $0) }
    }
  }

  /// [tokens, hidden size] of one sequence.
  private func states(
    _ ids: [Int32], _ types: [UInt8], _ dropout: Dropout?, numbers: [UInt64]
  ) -> Rows {
    let size = configuration.hiddenSize
    func row(_ name: String, _ index: Int) -> ArraySlice<Double> {
      values[name]![index * size..<(index + 1) * size]
    }
    // RoBERTa counts positions from behind that of padding, where there is any.
    let start = configuration.family == .roberta ? (configuration.padTokenID ?? -1) + 1 : 0
    var x: Rows = ids.indices.map { token in
      var sum = zip(row(names.words, Int(ids[token])), row(names.positions, start + token))
        .map { $0 + $1 }
      if let tokenTypes = names.tokenTypes {
        sum = zip(sum, row(tokenTypes, Int(types[token]))).map { $0 + $1 }
      }
      return sum
    }
    x = dropped(
      norm(x, names.embeddingNorm),
      dropout?.mask(.embeddings, probability: configuration.hiddenDropout), numbers)
    for (index, layer) in names.layers.enumerated() {
      let (q, k) = (linear(x, layer.query), linear(x, layer.key))
      let v = linear(x, layer.value)
      let headSize = size / configuration.headCount
      let mask = dropout?.mask(
        .probabilities(layer: index), probability: configuration.attentionDropout)
      var context = Rows(repeating: [], count: ids.count)
      for head in 0..<configuration.headCount {
        let columns = head * headSize..<(head + 1) * headSize
        for i in ids.indices {
          let scores = ids.indices.map { j in
            product(q[i], columns.lowerBound, k[j], columns.lowerBound, headSize)
              / Double(headSize).squareRoot()
          }
          let largest = scores.max()!
          let powers = scores.map { exp($0 - largest) }
          let sum = powers.reduce(0, +)
          var probabilities = powers.map { $0 / sum }
          if let mask {
            let key = keyed(keyed(mask.key, numbers[i]), UInt64(head))
            for j in ids.indices { probabilities[j] *= factor(mask, key, j) }
          }
          context[i] += columns.map { column in
            ids.indices.reduce(0) { $0 + probabilities[$1] * v[$1][column] }
          }
        }
      }
      let dropsAttentionOutput = configuration.family != .distilBert
      let attended = norm(
        added(
          dropped(
            linear(context, layer.attentionOutput),
            dropsAttentionOutput
              ? dropout?.mask(
                .attentionOutput(layer: index), probability: configuration.hiddenDropout) : nil,
            numbers), x), layer.attentionNorm)
      let wide = activated(linear(attended, layer.intermediate), configuration.activation)
      x = norm(
        added(
          dropped(
            linear(wide, layer.output),
            dropout?.mask(.output(layer: index), probability: configuration.hiddenDropout), numbers),
          attended), layer.outputNorm)
    }
    return x
  }

  /// The mean cross entropy, and the sum of the states' products with `stateWeights`.
  func loss(
    _ texts: [GradientCase.Contents.Text], dropout: Dropout?, stateWeights: Double
  ) -> Double {
    var (losses, loss) = ([Double](), 0.0)
    for (sequence, text) in texts.enumerated() {
      let numbers = text.inputIDs.indices.map { UInt64(sequence) << 32 | UInt64($0) }
      let x = states(text.inputIDs, text.tokenTypeIDs, dropout, numbers: numbers)
      for (position, row) in x.enumerated() {
        for (column, value) in row.enumerated() {
          loss += stateWeights * value * StatesObjective.weight(sequence, position, column)
        }
      }
      func add(_ logits: [Double], _ label: Int) {
        let largest = logits.max()!
        losses.append(
          largest + log(logits.reduce(0) { $0 + exp($1 - largest) }) - logits[label])
      }
      switch head {
      case .sequenceClassification:
        let activation: Activation = configuration.family == .distilBert ? .relu : .tanh
        let input = dropped(
          [x[0]],
          configuration.family == .roberta
            ? dropout?.mask(.classifierInput, probability: configuration.classifierDropout) : nil,
          numbers)
        let pooled = dropped(
          activated(linear(input, names.classifierHidden.name), activation),
          dropout?.mask(.classifier, probability: configuration.classifierDropout), numbers)
        add(linear(pooled, names.classifier)[0], text.label)
      case .maskedLM:
        let transformed = norm(
          activated(
            linear(text.masked.map { x[$0] }, names.transform.name),
            configuration.family == .roberta ? .gelu : configuration.activation),
          names.transformNorm)
        let logits = linear(transformed, names.savedDecoder, bias: names.savedDecoderBias)
        for (row, word) in zip(logits, text.words) { add(row, Int(word)) }
      }
    }
    return loss + losses.reduce(0, +) / Double(losses.count)
  }
}

// The random numbers of dropout, as dropout.h defines them.

private func mixed(_ z: UInt64) -> UInt64 {
  var z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

private func keyed(_ key: UInt64, _ number: UInt64) -> UInt64 {
  mixed(key &+ (number &+ 1) &* 0x9E37_79B9_7F4A_7C15)
}

private func factor(_ mask: DropoutMask, _ key: UInt64, _ column: Int) -> Double {
  var x = UInt32(column) &* 0x9E37_79B9 &+ UInt32(truncatingIfNeeded: key)
  x = (x ^ (x >> 16)) &* 0x21F0_AAAD
  x = (x ^ (x >> 15)) &+ UInt32(truncatingIfNeeded: key >> 32)
  x = (x ^ (x >> 16)) &* 0xD35A_2D97
  x ^= x >> 15
  return Double(x) >= mask.probability * 0x1p32 ? 1 / (1 - mask.probability) : 0
}

/// A cross entropy, and the sum of all states' products with fixed weights: a loss that reads every
/// output.
struct StatesObjective: Objective {
  let inner: any Objective
  let scale: Float

  var usesHiddenStates: Bool { true }

  static func weight(_ sequence: Int, _ position: Int, _ column: Int) -> Double {
    let number: Int = sequence * 7 + position * 5 + column * 3
    return Double(number % 11) - 5
  }

  func loss(
    _ outputs: ModelOutputs, of shard: BatchShard, gradients: OutputGradients,
    scratch: TrainingPass
  ) throws -> LossParts {
    let states = outputs.hiddenStates!
    var sum = 0.0
    for (index, sequence) in shard.sequences.enumerated() {
      for (position, token) in shard.batch.tokens(of: index).enumerated() {
        for column in 0..<states.columns {
          let weight = Self.weight(sequence, position, column) * Double(scale)
          sum += weight * Double(states[token, column])
          gradients.hiddenStates![token, column] = Float(weight)
        }
      }
    }
    let inner = try inner.loss(outputs, of: shard, gradients: gradients, scratch: scratch)
    return LossParts(["states": sum, "logits": inner.total])
  }
}
