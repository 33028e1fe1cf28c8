import Foundation
import TestSupport
import Testing

/// Labels, scores and formats that are asked for.
@Suite struct OutputTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func object(_ line: String?) throws -> [String: Any] {
    let line = try #require(line)
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
    return try #require(object as? [String: Any])
  }

  private func classify(_ arguments: String..., input: String? = nil) throws -> Tool {
    try Tool(["classify", "--model", tinyModel()] + arguments, input: input.map { Data($0.utf8) })
  }

  @Test func labelsTakeOtherNames() throws {
    let (plain, named) = (
      try classify("a b", "--scores", "all", "--json"),
      try classify("a b", "--scores", "all", "--json", "--labels", "x, y ,z")
    )
    #expect(named.status == 0, "\(named.errors)")
    let (old, new) = (try object(plain.outputLines.first), try object(named.outputLines.first))
    let names = ["negative": "x", "neutral": "y", "positive": "z"]
    #expect(new["label"] as? String == names[old["label"] as? String ?? ""])
    for (from, to) in names {
      #expect(new["score_\(to)"] as? Double == old["score_\(from)"] as? Double)
    }
  }

  @Test(arguments: [
    ("a,b", 1, "'negative'"), ("a,b,a", 2, "'a' is there twice"), ("a,,b", 2, "empty"),
  ])
  func labelsThatDoNotFitAreRefused(labels: String, status: Int32, words: String) throws {
    let tool = try classify("x", "--labels", labels)
    #expect(tool.status == status)
    #expect(tool.errors.contains(words), "\(tool.errors)")
  }

  @Test func theBestLabelsInATableAndInJSON() throws {
    let table = try classify("--top-k", "2", "--format", "csv", "-i", "-", input: "text\na b\n")
    #expect(table.outputLines.first == "text,label,score,label_2,score_2")
    let fields = try #require(table.outputLines.last).split(separator: ",").map(String.init)
    let all = try object(classify("a b", "--scores", "all", "--json").outputLines.first)
    let scores = ["negative", "neutral", "positive"].map { name in
      (name, all["score_\(name)"] as? Double ?? 0)
    }.sorted { $0.1 > $1.1 }
    #expect([fields[1], fields[3]] == scores.prefix(2).map(\.0))
    #expect(Double(fields[4]) == scores[1].1)

    let answer = try object(classify("a b", "--top-k", "9", "--json").outputLines.first)
    let predictions = try #require(answer["predictions"] as? [[String: Any]])
    #expect(predictions.map { $0["label"] as? String } == scores.map(\.0))
    #expect(predictions.map { $0["score"] as? Double } == scores.map(\.1))
  }

  @Test func allLabelsAboveAThreshold() throws {
    let model = ["classify", "--model", tinyModel("bert-multi-label"), "a"]
    let all = try object(Tool(model + ["--scores", "all", "--json"], input: nil).outputLines.first)
    let scores = ["toxic", "threat", "insult", "obscene"].map { name in
      (name: name, score: all["score_\(name)"] as? Double ?? -1)
    }
    let middle = scores.map(\.score).sorted()[2]
    for threshold in [0, middle, 0.5, 1] {
      let expected = scores.filter { $0.score > threshold }.map(\.name)
      let asked = model + ["--threshold", "\(threshold)"]
      let json = try object(Tool(asked + ["--json"], input: nil).outputLines.first)
      #expect(json["labels"] as? [String] == expected)
      let line = try Tool(asked, input: nil).output.split(
        separator: "\t", omittingEmptySubsequences: false)
      #expect(line.count == 4 && line[2] == expected.joined(separator: ";"))
    }
  }

  @Test(arguments: [
    ["--top-k", "0"], ["--threshold", "2"], ["--threshold", "nan"],
    ["--top-k", "2", "--scores", "all"], ["--json", "--output-format", "csv"],
  ])
  func whatCannotBeIsRefused(_ options: [String]) throws {
    let tool = try Tool(["classify", "--model", tinyModel(), "a"] + options, input: nil)
    #expect(tool.status == 2, "\(tool.errors)")
    #expect(tool.output == "")
  }

  @Test func theEndingOfTheOutputTellsItsFormat() throws {
    let input = try folder.write("id,text\n1,\"a, b\"\n2,c\td\n", to: "in.csv")
    func written(_ name: String, _ more: String...) throws -> [String] {
      let path = folder.url.appending(path: name).path
      let tool = try Tool(
        ["classify", "--model", tinyModel(), "-i", input, "-o", path] + more, input: nil)
      #expect(tool.status == 0, "\(tool.errors)")
      return try folder.read(name).split(separator: "\n").map(String.init)
    }
    let objects = try written("out.jsonl")
    #expect(objects.count == 2)
    #expect(try object(objects.first)["text"] as? String == "a, b")
    #expect(try object(objects.first)["id"] as? String == "1")
    let tabs = try written("out.tsv")
    #expect(tabs.first == "id\ttext\tlabel\tscore")
    #expect(tabs[1].hasPrefix("1\ta, b\t"))
    #expect(tabs[2].hasPrefix("2\t\"c\td\"\t"))
    #expect(try written("out.txt").map { $0.split(separator: "\t").count } == [3, 4])
    #expect(try written("out.csv").first == "id,text,label,score")
    // No ending, or another format by name.
    #expect(try written("out").first == "id,text,label,score")
    #expect(try written("out.dat", "--json") == objects)
    #expect(try written("more.csv", "--output-format", "jsonl") == objects)
  }

  @Test func aTextOfAnArgumentIsAColumn() throws {
    let path = folder.url.appending(path: "out.csv").path
    #expect(try classify("a, b", "-o", path).status == 0)
    #expect(try folder.read("out.csv").hasPrefix("text,label,score\n\"a, b\","))
  }

  @Test func whatCannotBeConvertedIsRefused() throws {
    let objects = try folder.write(
      "{\"text\": \"a\"}\n{\"text\": \"b\", \"n\": 1}\n", to: "in.jsonl")
    let table = folder.url.appending(path: "out.csv").path
    let tool = try classify("-i", objects, "-o", table)
    #expect(tool.status == 1)
    #expect(tool.errors.contains("in.jsonl") && tool.errors.contains("JSON"))
    #expect(!FileManager.default.fileExists(atPath: table))
    for name in ["x.parquet", "x.parquet.gz", "x.xlsx"] {
      let tool = try classify("a", "-o", folder.url.appending(path: name).path)
      #expect(tool.status == 2)
      #expect(tool.errors.contains(name))
    }
    #expect(try Tool("tokenize", "a", "-o", table).status == 2)
    let mask = try Tool(
      "fill-mask", "--model", tinyModel("distilbert-mlm"), "a [MASK]", "-o", table)
    #expect(mask.status == 2)
    #expect(!FileManager.default.fileExists(atPath: table))
  }

  @Test func otherCommandsPrintJSONToo() throws {
    let next = try Tool(
      "next-sentence", "--model", tinyModel("bert-pretraining"), "a b", "c", "--json")
    let answer = try object(next.outputLines.first)
    #expect(answer["text"] as? String == "a b" && answer["next"] as? String == "c")
    #expect(["is_next", "not_next"].contains(answer["label"] as? String))
    #expect(answer["is_next"] is Double)

    let model = ["fill-mask", "--model", tinyModel("distilbert-mlm"), "--top-k", "2"]
    let masks = try Tool(model + ["a [MASK] b", "c [MASK]", "--json"], input: nil)
    #expect(masks.outputLines.count == 2)
    let read = try Tool(model + ["-i", "-"], input: Data("a [MASK] b\nc [MASK]\n".utf8))
    #expect(read.output == masks.output)
  }

  @Test func quietLeavesOutNotesAndNoFaults() throws {
    let input = try folder.write("text,label\na,gold\n", to: "in.csv")
    let loud = try classify("-i", input)
    #expect(loud.errors.contains("predicted_label"))
    let quiet = try classify("-i", input, "--quiet")
    #expect(quiet.errors == "")
    #expect(quiet.output == loud.output)
    let fault = try classify("-q", "-i", "/no/such/file.csv")
    #expect(fault.status == 1)
    #expect(fault.errors.contains("/no/such/file.csv"))
  }

  @Test func quietMeasuresWithoutAWord() throws {
    let input = try folder.write(
      "text,label\ngood film,positive\nbad film,negative\n", to: "in.csv")
    let page = folder.url.appending(path: "page.html").path
    for arguments in [["evaluate", input], ["bench", "--input", input, "--rounds", "1"]] {
      let tool = try Tool(
        arguments + ["--model", tinyModel(), "--report", page, "--quiet"], input: nil)
      #expect(tool.status == 0)
      #expect(tool.errors == "")
      #expect(!tool.output.isEmpty)
    }
  }
}
