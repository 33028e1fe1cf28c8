import Cloud4Bert
import Foundation
import HuggingFaceHub
import Synchronization
import TestSupport
import Testing
import Transformers

/// What may be asked of a model, and what an answer tells.
@Suite struct OptionTests {
  private func folder(_ name: String = "bert-safetensors") -> URL {
    fixturesFolder.appending(path: "checkpoints/\(name)")
  }

  @Test(arguments: [
    ("threads", 0, 512), ("threads", -3, 512), ("threads", 1_000_000, 512), ("batchTokens", 2, 0),
    ("batchTokens", 2, -1),
  ])
  func countsThatCannotBeAreErrors(name: String, threads: Int, batchTokens: Int) throws {
    let options = TextClassifier.Options(threads: threads, batchTokens: batchTokens)
    let errors: [ClassifierError?] = [
      thrownError(ClassifierError.self) { try TextClassifier(options: options) },
      thrownError(ClassifierError.self) { try TextClassifier(folder: folder(), options: options) },
      thrownError(ClassifierError.self) {
        try FillMask(
          folder: folder("distilbert-mlm"),
          options: .init(threads: threads, batchTokens: batchTokens))
      },
      thrownError(ClassifierError.self) {
        try NextSentence(
          folder: folder("bert-pretraining"),
          options: .init(threads: threads, batchTokens: batchTokens))
      },
      thrownError(ClassifierError.self) {
        try FeatureExtractor(
          folder: folder(), options: .init(threads: threads, batchTokens: batchTokens))
      },
    ]
    for error in errors {
      let message = try #require(error).description
      #expect(message.contains("\(name) is \(name == "threads" ? threads : batchTokens);"))
      #expect(message.contains("1 "))
    }
  }

  @Test func labelsTakeThePlaceOfThoseInTheFiles() async throws {
    let names = ["minus", "nought", "plus"]
    let named = try TextClassifier(folder: folder(), options: .init(labels: names))
    let plain = try TextClassifier(folder: folder())
    #expect(named.labels == names)
    #expect(plain.labels == ["negative", "neutral", "positive"])
    for text in ["a b", "c d e", ""] {
      let (renamed, original) = (try named.classifyBlocking(text), try plain.classifyBlocking(text))
      #expect(renamed.label == names[original.best])
      #expect(renamed.logits == original.logits)
      #expect(renamed.scores.map(\.label) == names)
    }
    #expect(try await named.classify(["a b"])[0].label == named.classify("a b").label)
  }

  @Test func labelsMustBeAsManyAsTheModelHasAndDiffer() throws {
    func error(_ labels: [String]) -> ClassifierError? {
      thrownError(ClassifierError.self) {
        try TextClassifier(folder: folder(), options: .init(labels: labels))
      }
    }
    #expect(
      error(["a", "b"]) == .labelCount(given: 2, labels: ["negative", "neutral", "positive"]))
    #expect(error([]) == .labelCount(given: 0, labels: ["negative", "neutral", "positive"]))
    #expect(error(["a", "b", "a"]) == .duplicateLabel("a"))
    #expect(error(["a", " ", "b"])?.description.contains("labels") == true)
  }

  @Test func theBestLabelsComeInTheOrderOfTheirScores() throws {
    let answer = try TextClassifier(folder: folder()).classifyBlocking("a b c")
    let best = answer.top(2)
    #expect(best.count == 2)
    #expect(best[0].label == answer.label && best[0].score == answer.score)
    let expected = answer.scores.sorted { $0.score > $1.score }.map(\.label)
    #expect(answer.top(9).map(\.label) == expected)
    #expect(answer.top(0).isEmpty && answer.top(-1).isEmpty)
  }

  @Test func severalLabelsMayBeAboveAThreshold() throws {
    let answer = try TextClassifier(folder: folder("bert-multi-label")).classifyBlocking("a b c")
    let scores = answer.values.sorted()
    #expect(answer.labels(above: 0) == ["toxic", "threat", "insult", "obscene"])
    #expect(answer.labels(above: 1).isEmpty)
    // A score is not above itself.
    let above = answer.labels(above: scores[1])
    #expect(above == answer.scores.filter { $0.score > scores[1] }.map(\.label))
    #expect(above.count == 2)
  }

  @Test func foundationGivesTheDescriptionOfEveryError() {
    let errors: [any Error & CustomStringConvertible] = [
      ClassifierError.windowsOfPair, FeatureError.layerOutOfRange(requested: 9, layers: 2),
      EvaluationError.duplicateLabel("a"), FillMaskError.topKOutOfRange(0),
      HubError.notAModelName("a/b/c"), BatchError.emptySequence(sequence: 0),
    ]
    for error in errors { #expect(error.localizedDescription == error.description) }
    for name in ["none", "config"] {
      let error = thrownError((any Error).self) {
        try TextClassifier(folder: URL(filePath: "/no/such/folder/\(name)"))
      }
      #expect(error?.localizedDescription == error.map { "\($0)" })
      #expect(error?.localizedDescription.contains("/no/such/folder/\(name)") == true)
    }
  }

  private final class Sleeper: Sendable {
    let hasWoken = Mutex(false)
  }

  /// A time-out, or another client, must not wait for the last of many small calls.
  @Test func othersHaveTheirTurnBetweenSmallCalls() async throws {
    let classifier = try TextClassifier(folder: folder())
    let callers = max(50, 4 * ProcessInfo.processInfo.activeProcessorCount)
    let mostCalls = 500
    let sleeper = Sleeper()
    let calls = try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        try await Task.sleep(for: .milliseconds(1))
        sleeper.hasWoken.withLock { $0 = true }
        return 0
      }
      for _ in 0..<callers {
        group.addTask {
          var count = 0
          while count < mostCalls, !sleeper.hasWoken.withLock({ $0 }) {
            _ = try await classifier.classify(["a b"])
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    // Without a turn it is woken when all callers are through but for those that share its thread.
    #expect(calls.max() ?? 0 < mostCalls)
  }
}
