import Cloud4Bert
import Foundation
import TestSupport
import Testing
import Transformers

/// Against `BertForNextSentencePrediction` and the tokenizer of transformers.
@Suite struct NextSentenceTests {
  private func check(_ answer: NextSentencePrediction, _ expected: HeadAnswers.NextSentence) {
    #expect(abs(answer.probability - expected.probability) < 2e-5, "\(expected.text)")
    #expect(answer.isNext == (expected.logits[0] >= expected.logits[1]))
    #expect(answer.label == (answer.isNext ? "is_next" : "not_next"))
    #expect(answer.tokenCount == expected.inputIDs.count, "\(expected.text)")
    #expect(answer.logits.count == 2)
    for (a, b) in zip(answer.logits, expected.logits) { #expect(abs(a - b) < 1e-4) }
  }

  @Test(
    arguments: HeadAnswers.nextSentenceModels.map(HeadAnswers.folder) + HeadAnswers.largeModels)
  func theModelsAnswers(_ folder: URL) async throws {
    let answers = try HeadAnswers(folder: folder).nextSentence
    guard !answers.isEmpty else { return }
    let model = try NextSentence(folder: folder, options: .init(threads: 2, batchTokens: 40))
    for answer in answers {
      check(try model.predictBlocking(answer.text, next: answer.next), answer)
    }
    let together = try await model.predict(answers.map { (text: $0.text, next: $0.next) })
    #expect(together.count == answers.count)
    for (answer, expected) in zip(together, answers) { check(answer, expected) }
  }

  @Test func theFixturesHaveBothAnswers() throws {
    let answers = try HeadAnswers.nextSentenceModels.flatMap {
      try HeadAnswers(folder: HeadAnswers.folder($0)).nextSentence
    }
    #expect(answers.contains { $0.probability > 0.5 })
    #expect(answers.contains { $0.probability < 0.5 })
  }

  @Test func longPairsAreCutAndSaySo() throws {
    let model = try NextSentence(folder: HeadAnswers.folder("bert-pretraining"))
    let long = String(repeating: "a ", count: 1000)
    #expect(try model.predictBlocking(long, next: long).isTruncated)
    #expect(try model.predictBlocking(long, next: "b").tokenCount == model.maxLength)
    #expect(try !model.predictBlocking("a", next: "b").isTruncated)
  }

  @Test func otherModelsAreRefused() throws {
    for name in ["bert-safetensors", "distilbert-mlm", "bert-bare"] {
      #expect(throws: MissingHeadError.self) {
        try NextSentence(folder: fixturesFolder.appending(path: "checkpoints/\(name)"))
      }
    }
    #expect(throws: MissingHeadError.self) {
      try NextSentence(folder: HeadAnswers.folder("bert-masked-lm-bf16"))
    }
  }
}
