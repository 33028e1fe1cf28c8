import Foundation
import TestSupport
import Testing

/// `cloud4bert rerank`
@Suite struct RerankTests {
  private func rerank(_ arguments: String...) throws -> Tool {
    try Tool(
      ["rerank", "--model", fixturesFolder.appending(path: "rerank").path, "--query", "the film"]
        + arguments, input: nil)
  }

  /// Scores go down, and each is that of its text alone.
  @Test func argumentsComeBestFirst() throws {
    let texts = ["good", "paris", "it is very slow", "not"]
    let tool = try Tool(
      ["rerank", "--model", fixturesFolder.appending(path: "rerank").path, "--query", "the film"]
        + texts, input: nil)
    #expect(tool.status == 0, "\(tool.errors)")
    let rows = tool.outputLines.map { $0.split(separator: "\t").map(String.init) }
    #expect(Set(rows.map { $0[1] }) == Set(texts))
    let scores = rows.compactMap { Float($0[0]) }
    #expect(scores.count == 4 && scores == scores.sorted(by: >))
    for row in rows { #expect(try rerank(row[1]).outputLines == [row.joined(separator: "\t")]) }
  }

  @Test func rowsOfAFileKeepTheirColumns() throws {
    let folder = try TemporaryFolder()
    let words = ["good", "paris", "slow", "not", "very", "great"]
    let rows = (0..<3000).map { "\($0),\"\(words[$0 % 6]) \(words[$0 / 6 % 6])\"" }
    let input = try folder.write((["id,text"] + rows).joined(separator: "\n"), to: "in.csv")
    let all = try rerank("--input", input)
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.outputLines.first == "id,text,score" && all.outputLines.count == 3001)
    // With --top rows are dropped in between, and the best ones stay.
    let top = try rerank("--input", input, "--top", "7")
    #expect(top.outputLines == Array(all.outputLines.prefix(8)))
    let objects = try rerank("--input", input, "--top", "2", "--json")
    #expect(objects.outputLines.count == 2)
    #expect(
      objects.outputLines[0].contains("\"id\":\"") && objects.outputLines[0].contains("\"score\":"))
  }

  @Test func badRowsAreLeftOut() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(
      "{\"text\":\"good\"}\nbroken\n{\"text\":\"paris\"}\n", to: "in.jsonl")
    #expect(try rerank("--input", input).status == 1)
    let tool = try rerank("--input", input, "--on-bad-row", "skip")
    #expect(tool.status == 0 && tool.outputLines.count == 2)
    #expect(tool.errors.contains("1 bad row left out (row 2)"))
  }

  @Test func whatCannotBeOrderedIsRefused() throws {
    #expect(try Tool("rerank", "--query", "a", "b").status == 2)
    #expect(try rerank("--top", "0", "a").status == 2)
    #expect(try rerank("--input", "x.csv", "--pair-column", "b").status == 2)
    let folder = try TemporaryFolder()
    #expect(try rerank("--input", folder.url.path, "--output", folder.path("out")).status == 2)
    let other = try Tool("rerank", "--model", tinyModel(), "--query", "a", "b")
    #expect(other.status == 1 && other.errors.contains("a reranker has one label"))
  }
}
