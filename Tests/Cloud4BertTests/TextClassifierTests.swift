import Checkpoints
import Cloud4Bert
import Foundation
import Inference
import Synchronization
import TestSupport
import Testing
import Tokenization
import Transformers

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
        let alone = try classifier.classifyBlocking(text)
        #expect(alone.tokenCount == answer.tokenCount)
        for (a, b) in zip(alone.logits, answer.logits) { #expect(abs(a - b) < 1e-5) }
      }
    }
  }

  @Test func aTextIsAnsweredAlikeHoweverItIsAsked() async throws {
    let classifier = try classifier(options: .init(threads: 2))
    for text in ["", "a good film", String(repeating: "a b ", count: 100)] {
      let answer = try await classifier.classify(text, pair: "c")
      let together = try await classifier.classify([TextInput(text, pair: "c")])
      #expect(together.count == 1)
      for other in together + [try classifier.classifyBlocking(text, pair: "c")] {
        #expect(other.tokenCount == answer.tokenCount && other.label == answer.label)
        for (a, b) in zip(other.logits, answer.logits) { #expect(abs(a - b) < 1e-5) }
      }
    }
  }

  @Test func noTextsNoAnswers() async throws {
    #expect(try await classifier().classify([String]()).isEmpty)
  }

  @Test func scoresOfExclusiveLabelsAddUp() throws {
    let answer = try classifier().classifyBlocking("a text")
    #expect(abs(answer.values.reduce(0, +) - 1) < 1e-6)
    #expect(answer.score == answer.values.max())
    #expect(answer.scores.map(\.score) == answer.values)
    #expect(answer.scores[answer.best].label == answer.label)
  }

  @Test func labelsThatMayGoTogetherAreScoredEachByItself() throws {
    let answer = try classifier("bert-multi-label").classifyBlocking("a text")
    for (logit, score) in zip(answer.logits, answer.values) {
      #expect(abs(1 / (1 + exp(-logit)) - score) < 1e-6)
    }
  }

  @Test func aPairIsNotItsTextsJoined() throws {
    let classifier = try classifier()
    let pair = try classifier.classifyBlocking("a b", pair: "c")
    #expect(pair.tokenCount == 6)  // [CLS] a b [SEP] c [SEP]
    #expect(try pair.logits != classifier.classifyBlocking("a b c").logits)
  }

  @Test func longTextsAreCutAndSaySo() async throws {
    let long = String(repeating: "a ", count: 100_000)
    let model = try classifier()
    let answer = try model.classifyBlocking(long)
    #expect(answer.isTruncated)
    #expect(answer.tokenCount == model.maxLength)
    let short = try classifier(options: .init(maxLength: 5)).classifyBlocking("a b c d e f")
    #expect(short.isTruncated)
    #expect(short.tokenCount == 5)
    #expect(try !classifier().classifyBlocking("a b c").isTruncated)
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

  @Test(arguments: [0, 1, 3])
  func aTaskThatIsCancelledBeforeItBeginsGetsNoAnswers(count: Int) async throws {
    let classifier = try classifier()
    let texts = [String](repeating: "a b", count: count)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await classifier.classify(texts)
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  /// All windows of a text are one batch of the work that is shared out.
  @Test func aLongTextStopsBetweenItsWindows() async throws {
    let classifier = try classifier(
      options: .init(batchTokens: 24, overflow: .window(stride: 0)))
    let text = String(repeating: "a b c d e f g ", count: 200_000)
    let task = Task { try await classifier.classify([text]) }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  private final class Turns: Sendable {
    let count = Mutex(0)
  }

  /// A server must answer others while it classifies, and a time-out must come in time.
  @Test func othersHaveTheirTurnBetweenBatches() async throws {
    let classifier = try classifier(options: .init(batchTokens: 8))
    let texts = [String](repeating: "a b c d e f g", count: 20_000)
    let turns = Turns()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = try await classifier.classify(texts) }
      group.addTask {
        while true {
          try await Task.sleep(for: .milliseconds(1))
          turns.count.withLock { $0 += 1 }
        }
      }
      try await group.next()
      group.cancelAll()
      // Stopped in its sleep.
      _ = try? await group.next()
    }
    #expect(turns.count.withLock { $0 } > 5)
  }

  @Test func aSingleTextDoesNotWaitForALargeCall() async throws {
    let classifier = try classifier(options: .init(threads: 1, batchTokens: 64))
    let texts = [String](repeating: "a b c d e f g", count: 100_000)
    let large = Task { try await classifier.classify(texts) }
    while classifier.engine.waiting.inputs == 0 { try await Task.sleep(for: .milliseconds(1)) }
    let waiting = classifier.engine.waiting.inputs
    _ = try await classifier.classify("a b")
    // A few batches of 7 texts; many more on a busy machine, until this thread has its turn.
    #expect(waiting - classifier.engine.waiting.inputs < 50_000)
    large.cancel()
    await #expect(throws: CancellationError.self) { try await large.value }
    #expect(classifier.engine.waiting == (0, 0))
  }

  @Test func aCancelledTextHasNoAnswer() async throws {
    let classifier = try classifier()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await classifier.classify("a b")
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aDamagedModelGivesNoAnswer() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: fixture("bert-safetensors"), to: folder)
    let weights = folder.appending(path: "model.safetensors")
    var bytes = try Data(contentsOf: weights)
    // The first number of the first tensor, of the embeddings' layer norm.
    let start =
      8 + bytes.prefix(4).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    bytes.replaceSubrange(start..<start + 4, with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: weights)
    let classifier = try TextClassifier(folder: folder)
    let expected = ClassifierError.notFinite(folder: folder.path)
    #expect(throws: expected) { try classifier.classifyBlocking("a b c") }
    await #expect(throws: expected) { try await classifier.classify(["a", "b"]) }
    #expect(throws: expected) { try FeatureExtractor(folder: folder).featuresBlocking(of: "a b c") }
  }

  /// As transformers opens it: the model fails on a text with such a word alone.
  @Test func wordsWithoutEmbeddingsAreRefusedWhereTheyStand() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: fixture("bert-safetensors"), to: folder)
    let vocabulary = folder.appending(path: "vocab.txt")
    try FileManager.default.removeItem(at: folder.appending(path: "tokenizer.json"))
    let entries = try String(contentsOf: vocabulary, encoding: .utf8) + "one\nmore\nword\n"
    try entries.write(to: vocabulary, atomically: true, encoding: .utf8)
    let classifier = try TextClassifier(folder: folder)
    let first = classifier.configuration.vocabularySize
    #expect(
      try classifier.classifyBlocking("good film").logits
        == TextClassifier(folder: fixture("bert-safetensors")).classifyBlocking("good film").logits)
    let expected = TokenizerError.tokenWithoutEmbedding(
      token: "more", id: first + 1, embeddingCount: first)
    #expect(throws: expected) { try classifier.classifyBlocking("a more good film") }
    #expect(throws: expected) { try FeatureExtractor(folder: folder).featuresBlocking(of: "more") }
    #expect("\(expected)".contains("'more'"))
  }

  @Test func tellsWhatTheFilesHold() throws {
    let summary = try classifier("bert-bf16").summary()
    #expect(summary.architecture == "BertForSequenceClassification")
    #expect(summary.elementTypes == ["bfloat16"])
    #expect(summary.files.map(\.name) == ["model.safetensors"])
    #expect(summary.parameterCount > 1000)
  }
}
