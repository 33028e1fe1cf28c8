import Foundation
import TestSupport
import Testing

/// `evaluate` of two models side by side, and of labels that a file has already.
@Suite struct EvaluationComparisonTests {
  private let folder: TemporaryFolder
  private let posts: String

  init() throws {
    folder = try TemporaryFolder()
    let words = ["a", "good", "bad", "film", "plot", "slow", "great"]
    let labels = ["negative", "neutral", "positive"]
    let rows = (0..<60).map { row in
      let text: [String] = (0..<row % 9 + 1).map { words[(row * 5 + $0 * $0) % words.count] }
      return "\(text.joined(separator: " ")),\(labels[row % 3])"
    }
    posts = try folder.write(
      "text,label\n" + rows.joined(separator: "\n") + "\n", to: "posts.csv")
  }

  private func object(_ tool: Tool) throws -> [String: Any] {
    #expect(tool.status == 0, "\(tool.errors)")
    return try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
  }

  /// A copy of the tiny model with its labels turned round, which gives the same answers by name.
  private func turned(_ labels: [String]) throws -> String {
    try folder.model { configuration in
      configuration["id2label"] = [
        "0": labels[0], "1": labels[1], "2": labels[2],
      ]
      configuration["label2id"] = [labels[0]: 0, labels[1]: 1, labels[2]: 2]
    }
  }

  @Test func twoModelsSideBySide() throws {
    let other = try turned(["positive", "neutral", "negative"])
    let page = folder.url.appending(path: "page.html").path
    let tool = try Tool(
      "evaluate", posts, "--model", tinyModel(), "--model", other, "--json", "--report", page)
    let both = try object(tool)
    let models = try #require(both["models"] as? [[String: Any]])
    // Each as if it were alone; the second's labels are those of the first, in its order.
    for (path, found) in zip([tinyModel(), other], models) {
      let alone = try object(Tool("evaluate", posts, "--model", path, "--json"))
      #expect(found["accuracy"] as? Double == alone["accuracy"] as? Double)
      #expect(found["weighted"] as? [String: Double] == alone["weighted"] as? [String: Double])
      #expect(
        found["weighted_f1_interval"] as? [String: Double]
          == alone["weighted_f1_interval"] as? [String: Double])
    }
    #expect(models[1]["labels"] as? [String] == ["negative", "neutral", "positive"])
    let comparison = try #require(both["comparison"] as? [String: Any])
    let counts = ["both_right", "only_first_right", "only_second_right", "both_wrong"]
      .compactMap { comparison[$0] as? Int }
    #expect(counts.reduce(0, +) == 60)
    let accuracies = models.compactMap { $0["accuracy"] as? Double }
    #expect(abs(accuracies[0] * 60 - Double(counts[0] + counts[1])) < 1e-9)
    #expect(abs(accuracies[1] * 60 - Double(counts[0] + counts[2])) < 1e-9)
    #expect(comparison["mcnemar_p"] is Double)
    let f1 = models.compactMap { ($0["weighted"] as? [String: Double])?["f1"] }
    let difference = try #require(comparison["difference"] as? Double)
    #expect(abs(difference - (f1[1] - f1[0])) < 1e-12)
    let html = try folder.read("page.html")
    #expect(HTMLStructure(html).isWellFormed)
    for words in ["Two models side by side", "McNemar", "F1 by label", "<dt>Model 2</dt>"] {
      #expect(html.contains(words), "\(words)")
    }
    let tables = try Tool("evaluate", posts, "-m", tinyModel(), "-m", other, "--bootstrap", "50")
    for words in ["difference", "McNemar's test", "only bert-safetensors right", "% interval"] {
      #expect(tables.output.contains(words), "\(words)")
    }
  }

  @Test func theSameModelTwiceDoesNotDiffer() throws {
    let nameless = try turned(["LABEL_0", "LABEL_1", "LABEL_2"])
    let both = try object(
      Tool("evaluate", posts, "-m", tinyModel(), "-m", nameless, "--json", "--mistakes", "3"))
    let comparison = try #require(both["comparison"] as? [String: Any])
    #expect(comparison["same_answer"] as? Int == 60)
    #expect(comparison["mcnemar_p"] as? Double == 1)
    #expect(comparison["difference"] as? Double == 0)
    #expect((both["differing"] as? [Any])?.isEmpty == true)
  }

  @Test func modelsThatCannotBeComparedAreToldSo() throws {
    let other = try turned(["bug", "wish", "praise"])
    for (second, words) in [
      (other, ["different labels", "'praise'", "--labels"]),
      (tinyModel("bert-multi-label"), ["one label", "any number"]),
    ] {
      let tool = try Tool("evaluate", posts, "-m", tinyModel(), "-m", second)
      #expect(tool.status == 1)
      #expect(tool.output == "")
      for word in words { #expect(tool.errors.contains(word), "\(tool.errors)") }
    }
  }

  /// What classify writes beside true labels is measured as the model itself is.
  @Test(arguments: ["csv", "jsonl"])
  func predictionsOfClassify(format: String) throws {
    var input = posts
    if format == "jsonl" {
      let rows = try String(contentsOfFile: posts, encoding: .utf8).split(separator: "\n")
        .dropFirst()
      let lines = rows.map { row in
        let fields = row.split(separator: ",")
        return "{\"text\": \"\(fields[0])\", \"label\": \"\(fields[1])\"}"
      }
      input = try folder.write(lines.joined(separator: "\n"), to: "posts.jsonl")
    }
    let output = folder.url.appending(path: "out.\(format)").path
    let classified = try Tool(
      "classify", "--model", tinyModel(), "--input", input, "--scores", "all", "--output", output)
    #expect(classified.status == 0, "\(classified.errors)")
    let model = try object(Tool("evaluate", input, "--model", tinyModel(), "--json"))
    let page = folder.url.appending(path: "page.html").path
    let tool = try Tool("evaluate", "--predictions", output, "--json", "--report", page)
    let file = try object(tool)
    #expect(file["confusion_matrix"] as? [[Int]] == model["confusion_matrix"] as? [[Int]])
    #expect(file["weighted"] as? [String: Double] == model["weighted"] as? [String: Double])
    let errors = [file, model].compactMap { $0["expected_calibration_error"] as? Double }
    #expect(errors.count == 2 && abs(errors[0] - errors[1]) < 1e-6)
    let html = try folder.read("page.html")
    #expect(html.contains("<figure>") && html.contains("Calibration"))
    #expect(HTMLStructure(html).isWellFormed)
  }

  @Test func predictionsNeedNoTextsAndNoScores() throws {
    let file = "gold,other\na,a\nb,a\na,a\nb,b\n"
    let page = folder.url.appending(path: "page.html").path
    let tool = try Tool(
      "evaluate", "--predictions", "-", "--format", "csv", "--label-column", "gold",
      "--predicted-column", "other", "--report", page, input: file)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.output.contains("4 texts, 3 of them given their true label"))
    #expect(!tool.output.contains("calibration error"))
    let html = try folder.read("page.html")
    #expect(!html.contains("Calibration") && html.contains("Confusion matrix"))
    let report = try object(
      try Tool(
        "evaluate", "--predictions", "-", "--format", "csv", "--label-column", "gold",
        "--predicted-column", "other", "--json", input: file))
    #expect(report["expected_calibration_error"] is NSNull)
    #expect(report["confusion_matrix"] as? [[Int]] == [[2, 0], [1, 1]])
  }

  @Test func faultyPredictionsAreNamed() throws {
    for (file, more, words) in [
      ("label,predicted_label\na,a\nb,\n", [], ["row 2", "no predicted label"]),
      ("label,predicted_label\na,a\n,b\n", [], ["row 2", "--skip-unlabelled"]),
      (
        "label,predicted_label,predicted_score\na,a,0.5\na,b,1.5\n", [],
        ["row 2", "'1.5'", "no score"]
      ),
      ("label,predicted_label\na,a\nb,c\n", ["--labels", "a,b"], ["row 2", "'c'"]),
      ("label,answer\na,a\n", [], ["'predicted_label'", "'answer'"]),
      ("label,predicted_label\n", [], ["no rows"]),
    ] as [(String, [String], [String])] {
      let tool = try Tool(
        ["evaluate", "--predictions", "-", "--format", "csv"] + more, input: Data(file.utf8))
      #expect(tool.status == 1, "\(file)")
      #expect(tool.output == "")
      for word in words { #expect(tool.errors.contains(word), "\(tool.errors)") }
    }
    let skipped = try object(
      try Tool(
        "evaluate", "--predictions", "-", "--format", "csv", "--skip-unlabelled", "--json",
        input: "label,predicted_label\na,a\n,b\nb,b\n"))
    #expect(skipped["count"] as? Int == 2 && skipped["skipped"] as? Int == 1)
  }

  @Test func aSeedGivesTheSameInterval() throws {
    func interval(_ more: String...) throws -> [String: Double]? {
      let tool = try Tool(["evaluate", posts, "-m", tinyModel(), "--json"] + more, input: nil)
      return try object(tool)["weighted_f1_interval"] as? [String: Double]
    }
    let first = try #require(try interval("--bootstrap", "9"))
    #expect(try interval("--bootstrap", "9") == first)
    #expect(try interval("--bootstrap", "9", "--threads", "1", "--batch-tokens", "16") == first)
    #expect(try interval("--bootstrap", "9", "--seed", "1") != first)
    #expect(try interval("--bootstrap", "0") == nil)
  }
}
