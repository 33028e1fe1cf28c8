import Checkpoints
import Foundation
import TestSupport
import Testing
import Transformers

@testable import Cloud4Bert

@Suite struct ScoreFunctionTests {
  private struct Answers: Decodable {
    struct Case: Decodable {
      let config: String
      let scores: [Float]?
    }
    let logits: [Float]
    let cases: [Case]
  }

  @Test func givesTheScoresOfTransformers() throws {
    let file = fixturesFolder.appending(path: "checkpoints/configurations.json")
    let answers = try JSONDecoder().decode(Answers.self, from: Data(contentsOf: file))
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "ScoreFunctionTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for answer in answers.cases {
      guard let expected = answer.scores else { continue }
      try Data(answer.config.utf8).write(to: folder.appending(path: "config.json"))
      let configuration = try ModelConfiguration(folder: folder)
      let logits = Array(answers.logits.prefix(configuration.labels.count))
      let scores = ScoreFunction(configuration)(logits)
      try #require(scores.count == expected.count, "\(answer.config)")
      for (score, wanted) in zip(scores, expected) {
        #expect(abs(score - wanted) < 1e-6, "\(answer.config)")
      }
    }
  }
}
