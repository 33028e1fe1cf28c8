import Cloud4Bert
import Foundation
import TestSupport
import Testing

/// Long texts window by window, against transformers (`Scripts/fixtures/windows.py`).
@Suite struct OverflowTests {
  private func tiny(
    _ overflow: TextClassifier.Overflow, maxLength: Int? = nil, batchTokens: Int = 1024
  ) throws -> TextClassifier {
    try TextClassifier(
      folder: fixturesFolder.appending(path: "checkpoints/bert-safetensors"),
      options: .init(maxLength: maxLength, batchTokens: batchTokens, overflow: overflow))
  }

  @Test func logitsAreTheMeanOfTheWindows() throws {
    let cases = WindowCase.all.filter { $0.mean != nil }
    #expect(cases.count == 6)
    for expected in cases {
      let classifier = try TextClassifier(
        options: .init(overflow: .window(stride: expected.stride)))
      let answer = try classifier.classifyBlocking(expected.text)
      #expect(answer.windowCount == expected.windows.count)
      #expect(answer.tokenCount == expected.windows.map(\.count).reduce(0, +))
      #expect(!answer.isTruncated)
      let mean = try #require(expected.mean)
      for (a, b) in zip(answer.logits, mean) { #expect(abs(a - b) < 1e-4) }
      let powers = mean.map { exp($0) }
      for (a, b) in zip(answer.values, powers) {
        #expect(abs(a - b / powers.reduce(0, +)) < 1e-4)
      }
    }
  }

  @Test func aTextOfOneWindowHasTheAnswerOfTruncation() throws {
    let plain = try tiny(.truncate)
    let windowed = try tiny(.window())
    for text in ["", " ", "a", "a b c d", String(repeating: "a ", count: plain.maxLength - 2)] {
      #expect(try windowed.classifyBlocking(text) == plain.classifyBlocking(text))
    }
    let long = String(repeating: "a ", count: plain.maxLength - 1)
    #expect(try plain.classifyBlocking(long).isTruncated)
    #expect(try plain.classifyBlocking(long).windowCount == 1)
    #expect(try windowed.classifyBlocking(long).windowCount == 2)
  }

  @Test func batchesOfAnySizeGiveTheSame() async throws {
    let words = ["a", "b", "c", "film"]
    let texts = (0..<120).map { (index: Int) -> String in
      let count = index * index % 97
      let text = (0..<count).map { (position: Int) -> String in words[position * index % 4] }
      return text.joined(separator: " ")
    }
    let alone = try texts.map { try tiny(.window(stride: 3), maxLength: 12).classifyBlocking($0) }
    #expect(Set(alone.map(\.windowCount)).count > 5)
    for batchTokens in [1, 12, 40, 1000] {
      let classifier = try tiny(.window(stride: 3), maxLength: 12, batchTokens: batchTokens)
      let together = try await classifier.classify(texts)
      #expect(together.map(\.windowCount) == alone.map(\.windowCount))
      #expect(together.map(\.tokenCount) == alone.map(\.tokenCount))
      for (a, b) in zip(together, alone) {
        for (x, y) in zip(a.logits, b.logits) { #expect(abs(x - y) < 1e-5) }
      }
    }
  }

  @Test func refusesPairsAndStridesOutOfRange() throws {
    #expect(throws: ClassifierError.windowsOfPair) {
      try tiny(.window()).classifyBlocking("a", pair: "b")
    }
    for stride in [-1, 8, 100] {
      #expect(throws: ClassifierError.strideOutOfRange(requested: stride, allowed: 0..<8)) {
        try tiny(.window(stride: stride), maxLength: 10)
      }
    }
    #expect(
      try tiny(.window(stride: 7), maxLength: 10).classifyBlocking("a b c d e f g h i").windowCount
        == 2)
    // The default stride fits the shortest windows too.
    #expect(try tiny(.window(), maxLength: 4).classifyBlocking("a b c").windowCount == 2)
  }
}
