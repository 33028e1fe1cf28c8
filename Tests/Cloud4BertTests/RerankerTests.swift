import Cloud4Bert
import Foundation
import TestSupport
import Testing

/// Against transformers (`Scripts/fixtures/rerank.py`).
@Suite struct RerankerTests {
  private struct Expected: Decodable {
    struct Case: Decodable {
      let text: String
      let logit: Float
      let score: Float
    }
    let query: String
    let cases: [Case]
  }

  private let folder = fixturesFolder.appending(path: "rerank")

  @Test func scoresAreThoseOfTheModel() async throws {
    let expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: folder.appending(path: "expected.json")))
    let ranks = try await Reranker(folder: folder).rank(
      expected.cases.map(\.text), for: expected.query)
    #expect(ranks.count == expected.cases.count && ranks.count > 5)
    for rank in ranks {
      #expect(abs(rank.logit - expected.cases[rank.index].logit) < 1e-4)
      #expect(abs(rank.score - expected.cases[rank.index].score) < 1e-5)
    }
    let order = expected.cases.indices.sorted {
      expected.cases[$0].logit > expected.cases[$1].logit
    }
    #expect(ranks.map(\.index) == order)
  }

  @Test func equalTextsKeepTheirOrder() async throws {
    let reranker = try Reranker(folder: folder)
    let ranks = try await reranker.rank(["good", "paris", "good", "good"], for: "the film")
    let equal = ranks.map(\.index).filter { $0 != 1 }
    #expect(equal == [0, 2, 3])
    #expect(try await reranker.rank([], for: "the film").isEmpty)
  }

  @Test func aModelOfSeveralLabelsIsRefused() throws {
    let error = thrownError(RerankerError.self) {
      try Reranker(folder: fixturesFolder.appending(path: "checkpoints/bert-safetensors"))
    }
    #expect(error?.description.contains("this model has 3") == true)
  }
}
