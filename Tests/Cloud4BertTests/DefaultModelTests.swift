import Cloud4Bert
import Foundation
import TestSupport
import Testing

import enum Tensors.Processor

/// The model in Models/cloud4bert against the text-classification pipeline of transformers
/// (`Scripts/fixtures/default_model.py`).
@Suite struct DefaultModelTests {
  struct Answer: Decodable {
    let text: String
    let label: String
    let score: Float
    let logits: [Float]
    let tokenCount: Int
    let isTruncated: Bool

    enum CodingKeys: String, CodingKey {
      case text, label, score, logits
      case tokenCount = "token_count"
      case isTruncated = "is_truncated"
    }
  }

  static let answers: [Answer] = {
    let file = fixturesFolder.appending(path: "default-model/answers.json")
    // A missing fixture shows as a failing count below.
    return (try? JSONDecoder().decode([Answer].self, from: Data(contentsOf: file))) ?? []
  }()

  static let classifier = Result { try TextClassifier() }

  private func check(_ result: Classification, _ expected: Answer) {
    #expect(result.label == expected.label, "\(expected.text)")
    #expect(abs(result.score - expected.score) < 2e-5, "\(expected.text)")
    #expect(result.tokenCount == expected.tokenCount, "\(expected.text)")
    #expect(result.isTruncated == expected.isTruncated, "\(expected.text)")
    #expect(result.logits.count == expected.logits.count)
    for (a, b) in zip(result.logits, expected.logits) {
      #expect(abs(a - b) < 1e-4, "\(expected.text)")
    }
  }

  @Test func answersAsTransformersDoes() async throws {
    #expect(Self.answers.count == 50)
    let results = try await Self.classifier.get().classify(Self.answers.map(\.text))
    #expect(results.count == Self.answers.count)
    for (result, expected) in zip(results, Self.answers) { check(result, expected) }
  }

  struct PairAnswer: Decodable {
    let text: String
    let pair: String
    let label: String
    let score: Float
  }

  /// Of which an empty second text is none, but one of a space is.
  @Test func pairsTooAreAnsweredAsThePipelineDoes() async throws {
    let file = fixturesFolder.appending(path: "default-model/pairs.json")
    let answers = try JSONDecoder().decode([PairAnswer].self, from: Data(contentsOf: file))
    #expect(answers.count == 5)
    let classifier = try Self.classifier.get()
    let results = try await classifier.classify(answers.map { TextInput($0.text, pair: $0.pair) })
    for (result, expected) in zip(results, answers) {
      #expect(result.label == expected.label, "\(expected)")
      #expect(abs(result.score - expected.score) < 2e-5, "\(expected)")
    }
  }

  /// Labels, and what is left of the digits.
  @Test(arguments: [(Precision.bf16x3, Float(1e-4)), (.bfloat16, 0.02)])
  func reducedPrecisionGivesTheSameLabels(_ precision: Precision, tolerance: Float) async throws {
    let classifier = try TextClassifier(options: .init(precision: precision))
    // Short ones: without optimisation the kernels take their time.
    let answers = Self.answers.filter { $0.tokenCount < 12 }
    #expect(answers.count > 9)
    let results = try await classifier.classify(answers.map(\.text))
    for (result, expected) in zip(results, answers) {
      #expect(result.label == expected.label, "\(expected.text)")
      #expect(abs(result.score - expected.score) < tolerance, "\(expected.text)")
    }
  }

  @Test func oneTextAtATimeIsTheSame() throws {
    let classifier = try Self.classifier.get()
    for expected in Self.answers.prefix(25) {
      check(try classifier.classifyBlocking(expected.text), expected)
    }
  }

  @Test func manyTasksMayShareOne() async throws {
    let classifier = try Self.classifier.get()
    try await withThrowingTaskGroup(of: (Int, Classification).self) { group in
      for index in 0..<40 {
        let text = Self.answers[index % 20].text
        group.addTask { (index % 20, try classifier.classifyBlocking(text)) }
      }
      for try await (index, result) in group { check(result, Self.answers[index]) }
    }
  }

  /// Also while the weights are packed for good, which these texts are enough for.
  @Test(.enabled(if: Products.automatic == .engine))
  func theSameTextGetsTheSameBitsWhateverTheBatch() async throws {
    let texts = Self.answers.map(\.text)
    let together = try await TextClassifier(options: .init(threads: 1, batchTokens: 4096))
      .classify(texts)
    for (threads, batchTokens) in [(1, 64), (2, 300), (3, 4096)] {
      let classifier = try TextClassifier(
        options: .init(threads: threads, batchTokens: batchTokens))
      for (text, expected) in zip(texts, together).prefix(5) {
        #expect(try classifier.classifyBlocking(text).logits == expected.logits)
      }
      #expect(try await classifier.classify(texts).map(\.logits) == together.map(\.logits))
      #expect(try classifier.classifyBlocking(texts[0]).logits == together[0].logits)
    }
  }
}
