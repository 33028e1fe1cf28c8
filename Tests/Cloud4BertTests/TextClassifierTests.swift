import Cloud4Bert
import Foundation
import TestSupport
import Testing

/// On the tiny random models: what does not depend on a model knowing anything.
@Suite struct TextClassifierTests {
  private func fixture(_ name: String) -> URL {
    fixturesFolder.appending(path: "checkpoints/\(name)")
  }

  private func classifier(
    _ name: String = "bert-safetensors", options: TextClassifier.Options = .init()
  ) throws -> TextClassifier {
    try TextClassifier(folder: fixture(name), options: options)
  }

  @Test func answersInTheOrderOfTheTexts() async throws {
    let texts = (0..<300).map { String(repeating: "a b ", count: $0 % 7) + String($0 % 5) }
    for batchTokens in [1, 16, 1000] {
      let classifier = try classifier(
        options: .init(threads: 3, batchTokens: batchTokens))
      let together = try await classifier.classify(texts)
      #expect(together.count == texts.count)
      for (text, answer) in zip(texts, together) {
        let alone = try classifier.classify(text)
        #expect(alone.tokenCount == answer.tokenCount)
        for (a, b) in zip(alone.logits, answer.logits) { #expect(abs(a - b) < 1e-5) }
      }
    }
  }

  @Test func noTextsNoAnswers() async throws {
    #expect(try await classifier().classify([String]()).isEmpty)
  }

  @Test func scoresOfExclusiveLabelsAddUp() throws {
    let answer = try classifier().classify("a text")
    #expect(abs(answer.values.reduce(0, +) - 1) < 1e-6)
    #expect(answer.score == answer.values.max())
    #expect(answer.scores.map(\.score) == answer.values)
    #expect(answer.scores[answer.best].label == answer.label)
  }

  @Test func labelsThatMayGoTogetherAreScoredEachByItself() throws {
    let answer = try classifier("bert-multi-label").classify("a text")
    for (logit, score) in zip(answer.logits, answer.values) {
      #expect(abs(1 / (1 + exp(-logit)) - score) < 1e-6)
    }
  }

  @Test func aPairIsNotItsTextsJoined() throws {
    let classifier = try classifier()
    let pair = try classifier.classify("a b", pair: "c")
    #expect(pair.tokenCount == 6)  // [CLS] a b [SEP] c [SEP]
    #expect(try pair.logits != classifier.classify("a b c").logits)
  }

  @Test func longTextsAreCutAndSaySo() async throws {
    let long = String(repeating: "a ", count: 100_000)
    let model = try classifier()
    let answer = try model.classify(long)
    #expect(answer.isTruncated)
    #expect(answer.tokenCount == model.maxLength)
    let short = try classifier(options: .init(maxLength: 5)).classify("a b c d e f")
    #expect(short.isTruncated)
    #expect(short.tokenCount == 5)
    #expect(try !classifier().classify("a b c").isTruncated)
  }

  @Test func refusesALengthThatTheModelCannotTake() throws {
    for length in [-1, 0, 3, 100_000] {
      #expect(throws: ClassifierError.self) { try classifier(options: .init(maxLength: length)) }
    }
  }

  @Test func aCancelledJobStops() async throws {
    let classifier = try classifier(options: .init(threads: 1, batchTokens: 1))
    let texts = [String](repeating: "a b c d e f g", count: 20_000)
    let task = Task { try await classifier.classify(texts) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aVocabularyOfAnotherModelIsRefused() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: fixture("bert-safetensors"), to: folder)
    let vocabulary = folder.appending(path: "vocab.txt")
    try FileManager.default.removeItem(at: folder.appending(path: "tokenizer.json"))
    let entries = try String(contentsOf: vocabulary, encoding: .utf8) + "one\nmore\nword\n"
    try entries.write(to: vocabulary, atomically: true, encoding: .utf8)
    let error = try #require(
      thrownError(ClassifierError.self) { try TextClassifier(folder: folder) })
    #expect("\(error)".contains(folder.path))
  }

  @Test func tellsWhatTheFilesHold() throws {
    let summary = try classifier("bert-bf16").summary()
    #expect(summary.architecture == "BertForSequenceClassification")
    #expect(summary.elementTypes == ["bfloat16"])
    #expect(summary.files.map(\.name) == ["model.safetensors"])
    #expect(summary.parameterCount > 1000)
  }
}
