import Cloud4Bert
import Foundation
import TestSupport
import Testing

/// XLM-RoBERTa and CamemBERT from a text to an answer, against transformers: `Scripts/fixtures/unigram.py`.
@Suite struct UnigramModelTests {
  private struct Answer: Decodable {
    var text: String
    var pair: String?
    var values: [Float]?
    /// For each mask its words, best first.
    var masks: [[Word]]?

    var input: TextInput { TextInput(text, pair: pair) }
  }

  private struct Word: Decodable {
    var score: Float
    var token: Int
    var tokenString: String
    var sequence: String

    enum CodingKeys: String, CodingKey {
      case score, token, sequence
      case tokenString = "token_str"
    }
  }

  private func folder(_ name: String) -> URL { fixturesFolder.appending(path: "unigram/\(name)") }

  private func answers(_ name: String) throws -> [Answer] {
    try JSONDecoder().decode(
      [Answer].self, from: Data(contentsOf: folder(name).appending(path: "expected.json")))
  }

  @Test func classifies() async throws {
    let answers = try answers("model-classification")
    let classifier = try TextClassifier(folder: folder("model-classification"))
    #expect(answers.count > 5)
    let found = try await classifier.classify(answers.map(\.input))
    for (classification, answer) in zip(found, answers) {
      #expect(
        largestDifference(classification.logits, try #require(answer.values)) < 1e-4,
        "\(answer.text)")
    }
  }

  @Test func embeds() async throws {
    let answers = try answers("model-bare")
    let extractor = try FeatureExtractor(
      folder: folder("model-bare"), options: .init(pooling: .mean))
    let found = try await extractor.features(of: answers.map(\.input))
    for (features, answer) in zip(found, answers) {
      #expect(
        largestDifference(features.values, try #require(answer.values)) < 1e-4, "\(answer.text)")
    }
  }

  @Test(arguments: ["model-masked-lm", "model-camembert-masked-lm"])
  func fillsMasks(_ name: String) throws {
    let model = try FillMask(folder: folder(name))
    for answer in try answers(name) {
      let masks = try model.fillBlocking(answer.text, topK: 4)
      let expected = try #require(answer.masks)
      #expect(masks.count == expected.count)
      for (words, expected) in zip(masks, expected) {
        #expect(words.map(\.token) == expected.map(\.token), "\(answer.text)")
        #expect(words.map(\.tokenString) == expected.map(\.tokenString), "\(answer.text)")
        #expect(words.map(\.sequence) == expected.map(\.sequence), "\(answer.text)")
        for (word, other) in zip(words, expected) { #expect(abs(word.score - other.score) < 1e-4) }
      }
    }
  }
}
