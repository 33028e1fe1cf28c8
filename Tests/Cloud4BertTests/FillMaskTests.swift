import Checkpoints
import Cloud4Bert
import Foundation
import TestSupport
import Testing
import Transformers

/// Against the fill-mask pipeline of transformers.
@Suite struct FillMaskTests {
  private func model(_ name: String = "bert-pretraining", options: FillMask.Options = .init())
    throws
    -> FillMask
  {
    try FillMask(folder: HeadAnswers.folder(name), options: options)
  }

  /// The largest difference of scores; words and texts must be the very same, in the same order.
  private func check(_ masks: [[MaskPrediction]], _ answer: HeadAnswers.FillMask) -> Float {
    #expect(masks.count == answer.result.count, "\(answer.text)")
    var largest: Float = 0
    for (mask, expected) in zip(masks, answer.result) {
      #expect(mask.map(\.token) == expected.map(\.token), "\(answer.text)")
      #expect(mask.map(\.tokenString) == expected.map(\.tokenString), "\(answer.text)")
      #expect(mask.map(\.sequence) == expected.map(\.sequence), "\(answer.text)")
      for (a, b) in zip(mask, expected) { largest = max(largest, abs(a.score - b.score)) }
    }
    return largest
  }

  private func answersAsThePipelineDoes(_ folder: URL) throws -> Float {
    let model = try FillMask(folder: folder)
    let answers = try HeadAnswers(folder: folder).fillMask
    #expect(answers.count > 5)
    return try answers.reduce(0) { largest, answer in
      let targets = try answer.targets.map(model.targets)
      #expect(targets?.tokens == answer.targetIDs)
      return max(
        largest,
        check(try model.fillBlocking(answer.text, topK: answer.topK, targets: targets), answer))
    }
  }

  @Test(arguments: HeadAnswers.maskedLanguageModels)
  func thePipelinesAnswers(_ name: String) throws {
    #expect(try answersAsThePipelineDoes(HeadAnswers.folder(name)) < 2e-5)
  }

  @Test(.enabled(if: !HeadAnswers.largeModels.isEmpty), arguments: HeadAnswers.largeModels)
  func largeModels(_ folder: URL) throws {
    let difference = try answersAsThePipelineDoes(folder)
    print("\(folder.lastPathComponent): same words, largest difference of scores \(difference)")
    #expect(difference < 1e-5)
  }

  @Test(arguments: [1, 20, 1000])
  func manyTextsInTheirOrder(_ batchTokens: Int) async throws {
    let model = try model(options: .init(threads: 3, batchTokens: batchTokens))
    let answers = try HeadAnswers(folder: model.folder).fillMask.filter { $0.targets == nil }
    var inputs: [TextInput] = []
    for index in 0..<200 {
      inputs.append(TextInput(index % 10 == 3 ? "none" : answers[index % answers.count].text))
    }
    let results = try await model.fill(inputs, topK: 2)
    let alone = try await model.fill(inputs[0].text, topK: 2)
    #expect(try alone.map { $0.map(\.token) } == results[0].get().map { $0.map(\.token) })
    #expect(results.count == inputs.count)
    for (index, result) in results.enumerated() {
      guard index % 10 != 3 else {
        #expect(throws: FillMaskError.noMask(maskToken: "[MASK]")) { try result.get() }
        continue
      }
      for (mask, expected) in zip(try result.get(), answers[index % answers.count].result) {
        #expect(mask.count == 2)
        #expect(mask[0].token == expected[0].token)
        #expect(abs(mask[0].score - expected[0].score) < 2e-5)
      }
    }
  }

  @Test func everyWordOfTheVocabularyAtMost() throws {
    let model = try model()
    for count in [0, -1] {
      #expect(throws: FillMaskError.topKOutOfRange(count)) {
        try model.fillBlocking("it is [MASK]", topK: count)
      }
    }
    let words = try model.fillBlocking("it is [MASK]", topK: 1_000_000)[0]
    #expect(words.count == model.configuration.vocabularySize)
    #expect(Set(words.map(\.token)).count == words.count)
    #expect(abs(words.reduce(0) { $0 + $1.score } - 1) < 1e-5)
    #expect(words.map(\.score) == words.map(\.score).sorted(by: >))
    for count in [1, 2, 40, 70] {
      #expect(try model.fillBlocking("it is [MASK]", topK: count)[0] == Array(words.prefix(count)))
    }
    let targets = try model.targets(["good", "bad", "film"])
    let three = try model.fillBlocking("it is [MASK]", topK: 9, targets: targets)[0]
    #expect(three == words.filter { targets.tokens.contains($0.token) })
  }

  @Test func targetsOutsideTheVocabulary() throws {
    let model = try model()
    let targets = try model.targets(["Good", "xyz", " ", "good"])
    #expect(targets.replaced.map(\.word) == ["Good", "xyz"])
    #expect(targets.replaced.map(\.token) == ["good", "[UNK]"])
    #expect(targets.ignored == [" "])
    #expect(targets.tokens.count == 2)
    #expect(throws: FillMaskError.noTargets(["", " "])) { try model.targets(["", " "]) }
  }

  @Test func aPairMayHaveMasksOnBothSides() throws {
    let model = try model()
    let masks = try model.fillBlocking("it is [MASK]", pair: "[MASK] works")
    #expect(masks.count == 2)
    #expect(masks[0][0].sequence.hasSuffix("[SEP] [MASK] works [SEP]"))
  }

  @Test func aMaskThatIsCutOffIsAnError() throws {
    let model = try model()
    let long = String(repeating: "very ", count: model.maxLength)
    #expect(try model.fillBlocking("[MASK] is \(long)").count == 1)
    let error = FillMaskError.maskBeyondLimit(maskToken: "[MASK]", maxLength: model.maxLength)
    for text in ["\(long)[MASK]", "[MASK] \(long) [MASK]"] {
      #expect(throws: error) { try model.fillBlocking(text) }
    }
    #expect(throws: error) { try model.fillBlocking("it is", pair: long + "[MASK]") }
    #expect(throws: FillMaskError.noMask(maskToken: "[MASK]")) { try model.fillBlocking(long) }
    #expect(throws: FillMaskError.noMask(maskToken: "[MASK]")) { try model.fillBlocking("") }
  }

  @Test func theMaskTokenIsTheModelsOwn() throws {
    let model = try model("distilbert-masked-lm-untied")
    #expect(model.maskToken == "<mask>")
    #expect(throws: FillMaskError.noMask(maskToken: "<mask>")) {
      try model.fillBlocking("it is [MASK]")
    }
  }

  @Test func aClassifierIsRefused() throws {
    for name in ["bert-safetensors", "distilbert-safetensors"] {
      #expect(throws: MissingHeadError.self) {
        try FillMask(folder: fixturesFolder.appending(path: "checkpoints/\(name)"))
      }
    }
    #expect(throws: MissingHeadError.self) { try model("bert-next-sentence") }
  }
}
