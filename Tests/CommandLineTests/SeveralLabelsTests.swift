import Foundation
import TestSupport
import Testing

/// Texts that may have any number of labels: measured, and learned.
@Suite struct SeveralLabelsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func object(_ tool: Tool) throws -> [String: Any] {
    #expect(tool.status == 0, "\(tool.errors)")
    return try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
  }

  private func number(_ object: [String: Any], _ path: String...) throws -> Double {
    var value: Any = object
    for name in path { value = try #require((value as? [String: Any])?[name]) }
    return try #require(value as? Double)
  }

  private let texts = ["a good film", "bad bad plot", "slow", "a great plot", "film", "good good"]

  /// The figures, counted by hand from what `classify` says.
  @Test func agreesWithClassify() throws {
    let model = tinyModel("bert-multi-label")
    let names = ["toxic", "threat", "insult", "obscene"]
    let truth = [["toxic"], ["threat", "insult"], [], ["obscene", "toxic"], ["insult"], names]
    let lines = try zip(texts, truth).map { text, labels in
      let row: [String: Any] = ["text": text, "gold": labels]
      return String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self)
    }
    let input = try folder.write(lines.joined(separator: "\n"), to: "in.jsonl")
    let classified = try Tool(
      "classify", "--model", model, "--input", input, "--threshold", "0.45", "--output",
      folder.url.appending(path: "out.jsonl").path)
    #expect(classified.status == 0, "\(classified.errors)")
    var (hits, support, given, exact) = (0, 0, 0, 0)
    for (line, labels) in zip(try folder.read("out.jsonl").split(separator: "\n"), truth) {
      let row = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let predicted = Set(try #require(row["labels"] as? [String]))
      hits += predicted.intersection(labels).count
      support += labels.count
      given += predicted.count
      exact += predicted == Set(labels) ? 1 : 0
    }
    try #require(given > 0 && hits > 0)
    let evaluated = try object(
      Tool(
        "evaluate", input, "--model", model, "--label-column", "gold", "--threshold", "0.45",
        "--json"))
    #expect(abs(try number(evaluated, "micro", "precision") - Double(hits) / Double(given)) < 1e-12)
    #expect(abs(try number(evaluated, "micro", "recall") - Double(hits) / Double(support)) < 1e-12)
    #expect(abs(try number(evaluated, "subset_accuracy") - Double(exact) / 6) < 1e-12)
    #expect(evaluated["labels"] as? [String] == names)
    let perLabel = try #require(evaluated["per_label"] as? [[String: Any]])
    #expect(perLabel.map { $0["support"] as? Int } == [3, 2, 3, 2])
    #expect(perLabel.allSatisfy { $0["best_threshold"] is Double })

    // What classify wrote, measured as a file of predictions, comes to the same.
    let predicted = try object(
      Tool(
        "evaluate", "--predictions", folder.url.appending(path: "out.jsonl").path,
        "--label-column", "gold", "--predicted-column", "labels", "--json"))
    #expect(try number(predicted, "micro", "f1") == (try number(evaluated, "micro", "f1")))
    #expect(
      try number(predicted, "samples", "f1") == (try number(evaluated, "samples", "f1")))

    // A table with a separator is the same file, and names may be given.
    let rows = zip(texts, truth).map { "\($0),\($1.joined(separator: "|"))" }
    let table = try folder.write(
      "text,gold\n" + rows.joined(separator: "\n") + "\n", to: "in.csv")
    let page = folder.url.appending(path: "page.html").path
    let separated = try Tool(
      "evaluate", table, "--model", model, "--label-column", "gold", "--threshold", "0.45",
      "--json", "--label-separator", "|", "--report", page)
    #expect(
      try number(object(separated), "micro", "f1") == (try number(evaluated, "micro", "f1")))
    let html = try folder.read("page.html")
    #expect(HTMLStructure(html).isWellFormed)
    for words in ["Micro F1", "Best threshold", "samples average", "<figure>"] {
      #expect(html.contains(words), "\(words)")
    }
    let wrong = try Tool("evaluate", table, "--model", model, "--label-column", "gold")
    #expect(wrong.status == 1)
    #expect(
      wrong.errors.contains("row 2") && wrong.errors.contains("--label-separator"),
      "\(wrong.errors)")
    let named = try object(
      Tool(
        "evaluate", "--model", model, "--labels", "a,b,c,d", "--json", "--input", "-", "--format",
        "csv", input: "text,label\nfilm,a;d\nplot,b\n"))
    #expect(named["labels"] as? [String] == ["a", "b", "c", "d"])
  }

  /// Two things about each text, each told by words of its own.
  private var rows: [(text: String, labels: [String])] {
    (0..<48).map { row in
      let (isGood, isFilm) = (row % 2 == 0, row % 3 == 0)
      return (
        "\(isGood ? "good great" : "bad slow") \(isFilm ? "film film" : "plot plot")",
        (isGood ? ["good"] : []) + (isFilm ? ["film"] : [])
      )
    }
  }

  private func train(_ file: String, _ more: String...) throws -> Tool {
    try Tool(
      [
        "train", "--model", tinyModel("bert-bare"), "--input", file, "--output",
        folder.url.appending(path: "model").path, "--learning-rate", "0.01", "--epochs", "30",
        "--batch-size", "8", "--overwrite", "--validation", file,
      ] + more, input: nil)
  }

  private func configuration() throws -> [String: Any] {
    let data = Data(try folder.read("model/config.json").utf8)
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func learnsSeveralLabels() throws {
    let lines = try rows.map { row in
      let object: [String: Any] = ["text": row.text, "label": row.labels]
      return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }
    let input = try folder.write(lines.joined(separator: "\n"), to: "in.jsonl")
    let tool = try train(input, "--json")
    let trained = try #require(object(tool)["validation"] as? [String: Any])
    #expect(try number(trained, "micro", "f1") == 1)
    #expect(tool.errors.contains("2 labels, any number a text"), "\(tool.errors)")
    #expect(try configuration()["problem_type"] as? String == "multi_label_classification")
    #expect(try folder.read("model/README.md").contains("micro F1 1.0000"))
    let log = try folder.read("model/training-log.jsonl")
    #expect(log.contains("samples_f1"))

    let model = folder.url.appending(path: "model").path
    let evaluated = try object(Tool("evaluate", input, "--model", model, "--json"))
    #expect(try number(evaluated, "subset_accuracy") == 1)
    let answer = try Tool(
      "classify", "--model", model, "--threshold", "0.5", "good great film film")
    #expect(answer.output.contains("film") && answer.output.contains("good"), "\(answer.output)")

    // The same labels in a table give the same weights, and a model of several labels stays one.
    let weights = try Data(contentsOf: folder.url.appending(path: "model/model.safetensors"))
    let table = rows.map { "\($0.text),\($0.labels.joined(separator: ";"))" }
    let file = try folder.write(
      "text,label\n" + table.joined(separator: "\n") + "\n", to: "in.csv")
    #expect(try train(file, "--label-separator", ";").status == 0)
    #expect(
      try Data(contentsOf: folder.url.appending(path: "model/model.safetensors")) == weights)
    let single = try folder.write(
      "text,label\n" + (0..<20).map { "good \($0),\($0 % 2 == 0 ? "film" : "good")\n" }.joined(),
      to: "single.csv")
    let again = try Tool(
      "train", "--model", model, "--input", single, "--epochs", "1", "--output",
      folder.url.appending(path: "again").path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(!again.errors.contains("classifier is new"), "\(again.errors)")
    #expect(try folder.read("again/config.json").contains("multi_label_classification"))
    let one = try Tool(
      "train", "--model", model, "--input", single, "--epochs", "1", "--output",
      folder.url.appending(path: "one").path, "--problem-type", "single_label_classification")
    #expect(one.status == 0, "\(one.errors)")
    #expect(try folder.read("one/config.json").contains("single_label_classification"))
  }

  @Test func listsAreRefusedWhereATextHasOneLabel() throws {
    let input = try folder.write(
      """
      {"text": "good film", "label": "good"}
      {"text": "bad plot", "label": ["good", "film"]}
      """, to: "in.jsonl")
    let output = folder.url.appending(path: "out").path
    for arguments in [
      ["fit", "--features-from", tinyModel("bert-bare"), "--input", input, "--output", output],
      [
        "train", "--model", tinyModel("bert-bare"), "--input", input, "--output", output,
        "--problem-type", "single_label_classification",
      ],
      ["evaluate", "--model", tinyModel(), "--labels", "good,bad,film", input],
    ] {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 1, "\(arguments)")
      #expect(
        tool.errors.contains("row 2") && tool.errors.contains("2 labels"), "\(tool.errors)")
    }
    let weighted = try Tool(
      "train", "--model", tinyModel("bert-bare"), "--input", input, "--output", output,
      "--validation", "none", "--class-weights", "balanced")
    #expect(weighted.status == 1)
    #expect(weighted.errors.contains("--class-weights"), "\(weighted.errors)")
  }
}
