import Cloud4Bert
import Foundation
import Tensors
import TestSupport
import Testing

/// What settings of `tokenizer_config.json` make of the answers of every task, against transformers
/// (`Scripts/fixtures/tokenizer_settings.py`).
@Suite struct TokenizerSettingsTests {
  struct Reference: Decodable {
    struct Word: Decodable {
      let score: Float
      let token: Int
    }

    /// By key, as JSON.
    let settings: [String: Setting]
    /// Texts and what they are paired with.
    let inputs: [[String?]]
    let logits: [[Float]]
    let features: [[Float]]
    /// Of the inputs that are pairs.
    let nextSentence: [[Float]]
    let masked: [String]
    /// Nil where transformers finds no mask.
    let words: [[Word]?]
  }

  enum Setting: Decodable {
    case text(String)
    case names([String])
    case flag(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .names(try container.decode([String].self))
      }
    }

    var value: Any {
      switch self {
      case .text(let text): text
      case .names(let names): names
      case .flag(let flag): flag
      }
    }
  }

  static let count = 7

  private func reference(_ index: Int) throws -> Reference {
    let references = try JSONDecoder().decode(
      [Reference].self,
      from: Data(contentsOf: fixturesFolder.appending(path: "tokenizer-settings.json")))
    #expect(references.count == Self.count)
    return references[index]
  }

  /// Calls `body` with a copy of a model that has the settings.
  private func with(
    _ settings: [String: Setting], _ model: String, _ body: (URL) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.copyItem(at: fixturesFolder.appending(path: model), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "tokenizer_config.json")
    var members =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    for (key, setting) in settings { members[key] = setting.value }
    try JSONSerialization.data(withJSONObject: members).write(to: file)
    try body(folder)
  }

  private func difference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
  }

  @Test(arguments: 0..<count)
  func classifyAndEmbed(_ index: Int) throws {
    let reference = try reference(index)
    try with(reference.settings, "checkpoints/bert-safetensors") { folder in
      let classifier = try TextClassifier(folder: folder, options: .init(precision: .float32))
      let extractor = try FeatureExtractor(folder: folder, options: .init(precision: .float32))
      for (number, input) in reference.inputs.enumerated() {
        let text = try #require(input[0])
        let answer = try classifier.classifyBlocking(text, pair: input[1])
        #expect(difference(answer.logits, reference.logits[number]) < 1e-4, "\(input)")
        let features = try extractor.featuresBlocking(of: text, pair: input[1])
        #expect(difference(features.values, reference.features[number]) < 1e-4, "\(input)")
      }
    }
  }

  @Test(arguments: 0..<count)
  func nextSentenceAndFillMask(_ index: Int) throws {
    let reference = try reference(index)
    try with(reference.settings, "heads/bert-pretraining") { folder in
      let nextSentence = try NextSentence(folder: folder)
      let pairs = reference.inputs.filter { $0[1] != nil }
      #expect(pairs.count == reference.nextSentence.count)
      for (pair, expected) in zip(pairs, reference.nextSentence) {
        let answer = try nextSentence.predictBlocking(pair[0] ?? "", next: pair[1] ?? "")
        #expect(difference(answer.logits, expected) < 1e-4, "\(pair)")
      }
      let fillMask = try FillMask(folder: folder)
      for (text, expected) in zip(reference.masked, reference.words) {
        guard let expected else {
          #expect(throws: FillMaskError.self, "\(text)") { try fillMask.fillBlocking(text) }
          continue
        }
        let words = try #require(try fillMask.fillBlocking(text, topK: expected.count).first)
        #expect(words.map(\.token) == expected.map(\.token), "\(text)")
        #expect(difference(words.map(\.score), expected.map(\.score)) < 2e-5, "\(text)")
      }
    }
  }
}
