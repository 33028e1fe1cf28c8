import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
import Training
import Transformers

/// A tiny model with what PyTorch makes of it in training, from `Scripts/fixtures/gradients.py`.
struct GradientCase: CustomTestStringConvertible, Sendable {
  struct Contents: Decodable {
    struct Text: Decodable {
      let inputIDs: [Int32]
      let tokenTypeIDs: [UInt8]
      let masked: [Int]
      let words: [Int32]
      let label: Int

      enum CodingKeys: String, CodingKey {
        case inputIDs = "input_ids"
        case tokenTypeIDs = "token_type_ids"
        case masked, words, label
      }
    }

    struct Step: Decodable {
      let texts: [Int]
      let rate: Double
      let loss: Double
      let norm: Double
    }

    let texts: [Text]
    let classWeights: [Double]
    let clip: Double
    let weightDecay: Double
    let loss: Double
    let steps: [Step]

    enum CodingKeys: String, CodingKey {
      case texts, clip, loss, steps
      case classWeights = "class_weights"
      case weightDecay = "weight_decay"
    }
  }

  static let all = [
    "bert-classification", "bert-masked-lm", "bert-masked-lm-untied", "distilbert-classification",
    "distilbert-masked-lm", "roberta-classification", "roberta-masked-lm",
  ].map { GradientCase(name: $0) }

  static let classifiers = all.filter { !$0.isMaskedLM }

  let name: String

  var testDescription: String { name }
  var folder: URL { fixturesFolder.appending(path: "gradients/\(name)") }
  var isMaskedLM: Bool { name.contains("masked-lm") }

  func contents() throws -> Contents {
    try JSONDecoder().decode(
      Contents.self, from: Data(contentsOf: folder.appending(path: "case.json")))
  }

  func model() throws -> TrainableModel {
    try TrainableModel(folder: folder, head: isMaskedLM ? .maskedLM : .sequenceClassification)
  }

  /// Some of the texts, and what is asked of them.
  func batch(_ texts: [Contents.Text], classWeights: [Double]) -> (GlobalBatch, any Objective) {
    var batch = PackedBatch()
    var masked: [Int] = []
    for text in texts {
      if isMaskedLM { masked += text.masked.map { batch.tokenCount + $0 } }
      batch.append(text.inputIDs, tokenTypeIDs: text.tokenTypeIDs)
    }
    let objective: any Objective =
      isMaskedLM
      ? MaskedLMCrossEntropy(words: texts.flatMap(\.words))
      : CrossEntropy(labels: texts.map(\.label), classWeights: classWeights)
    return (GlobalBatch(batch, maskedTokens: masked), objective)
  }

  func tensors(_ file: String) throws -> StoredTensors {
    try StoredTensors(safetensors: folder.appending(path: file).path)
  }
}

/// The kind of tensor that a name is of, for tables: without the number of its layer.
func kind(of name: String) -> String {
  name.split(separator: ".").map { Int($0) == nil ? String($0) : "N" }.joined(separator: ".")
}

/// The largest difference in a tensor, as a share of its largest element.
func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
  // A NaN anywhere must not look like agreement.
  guard a.count == b.count, !(a + b).contains(where: \.isNaN) else { return .infinity }
  let size = b.reduce(0) { max($0, abs($1)) }
  let difference = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
  return difference == 0 ? 0 : Double(difference) / max(Double(size), 1e-7)
}
