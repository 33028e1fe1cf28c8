import Cloud4Bert
import Foundation
import TestSupport
import Testing

/// Against the zero-shot-classification pipeline of transformers (`Scripts/fixtures/zero_shot.py`).
@Suite struct ZeroShotClassifierTests {
  private struct Fixture: Decodable {
    struct Group: Decodable {
      let checkpoint: String
      let labels: [String]
      let cases: [Case]
    }
    struct Case: Decodable {
      let text: String
      let labels: [String]
      let template: String
      let isMultiLabel: Bool
      let scores: [Float]

      enum CodingKeys: String, CodingKey {
        case text, labels, template, scores
        case isMultiLabel = "multi_label"
      }
    }
    let groups: [Group]
  }

  private func model(
    _ checkpoint: String, _ labels: [String], in folder: TemporaryFolder
  ) throws -> URL {
    let url = folder.url.appending(path: "\(checkpoint)-\(labels.joined(separator: "-"))")
    try FileManager.default.copyItem(
      at: fixturesFolder.appending(path: "checkpoints/\(checkpoint)"), to: url)
    let file = url.appending(path: "config.json")
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    object["id2label"] = Dictionary(
      uniqueKeysWithValues: labels.enumerated().map { ("\($0)", $1) })
    object["label2id"] = nil
    try JSONSerialization.data(withJSONObject: object).write(to: file)
    return url
  }

  @Test func scoresAreThoseOfThePipeline() async throws {
    let fixture = try JSONDecoder().decode(
      Fixture.self, from: Data(contentsOf: fixturesFolder.appending(path: "zero-shot.json")))
    let folder = try TemporaryFolder()
    var count = 0
    for group in fixture.groups {
      let model = try model(group.checkpoint, group.labels, in: folder)
      for one in group.cases {
        let classifier = try ZeroShotClassifier(
          folder: model, labels: one.labels,
          options: .init(
            hypothesisTemplate: one.template, isMultiLabel: one.isMultiLabel, threads: 1))
        let answer = try await classifier.classify(one.text)
        #expect(answer.scores.map(\.label) == one.labels)
        for (score, expected) in zip(answer.values, one.scores) {
          #expect(abs(score - expected) < 2e-5, "\(group.checkpoint) \(one)")
        }
        count += 1
      }
    }
    #expect(count > 200)
  }

  @Test func textsAreAnsweredAloneAndTogether() async throws {
    let folder = try TemporaryFolder()
    let model = try model(
      "bert-safetensors", ["contradiction", "neutral", "entailment"], in: folder)
    let classifier = try ZeroShotClassifier(
      folder: model, labels: ["good", "bad"], options: .init(hypothesisTemplate: "it is {}"))
    let texts = [
      "the film", "it works", "", "paris do n't do it ! a b c d e f g h i j k l m n o p",
    ]
    let together = try await classifier.classify(texts)
    for (text, answer) in zip(texts, together) {
      #expect(try classifier.classifyBlocking(text) == answer)
      #expect(try await classifier.classify(text) == answer)
    }
    #expect(together.map(\.isTruncated) == [false, false, false, true])
  }

  @Test func whatMakesNoHypothesesIsRefused() throws {
    let folder = try TemporaryFolder()
    let model = try model(
      "bert-safetensors", ["contradiction", "neutral", "entailment"], in: folder)
    #expect(throws: ZeroShotError.noLabels) { try ZeroShotClassifier(folder: model, labels: []) }
    #expect(throws: ClassifierError.duplicateLabel("a")) {
      try ZeroShotClassifier(folder: model, labels: ["a", "a"])
    }
    for template in ["", "this", "{} and {}"] {
      #expect(throws: ZeroShotError.template(template)) {
        try ZeroShotClassifier(
          folder: model, labels: ["a"], options: .init(hypothesisTemplate: template))
      }
    }
    let error = thrownError(ZeroShotError.self) {
      try ZeroShotClassifier(
        folder: fixturesFolder.appending(path: "checkpoints/bert-safetensors"), labels: ["a"])
    }
    #expect(error?.description.contains("natural-language inference") == true)
  }
}
