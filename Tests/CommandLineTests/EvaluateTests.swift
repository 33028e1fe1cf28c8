import Cloud4Bert
import Foundation
import TestSupport
import Testing

@Suite struct EvaluateTests {
  private func object(_ tool: Tool) throws -> [String: Any] {
    #expect(tool.status == 0, "\(tool.errors)")
    return try #require(
      JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
  }

  private func expectFailure(
    _ arguments: [String] = [], input: String, _ words: String...,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let tool = try Tool(
      ["evaluate", "--model", tinyModel(), "--input", "-"] + arguments, input: Data(input.utf8))
    #expect(tool.status == 1, sourceLocation: location)
    #expect(tool.output == "", sourceLocation: location)
    #expect(tool.errors.split(separator: "\n").count == 1, sourceLocation: location)
    for word in words {
      #expect(tool.errors.contains(word), "\(tool.errors)", sourceLocation: location)
    }
  }

  private let posts = """
    text,label
    "Thanks a lot, that fixed it!",positive
    I hate this plugin.,0
    Which flag turns on logging?,Neutral
    "I hate this plugin,
    so much <b>",LABEL_2

    """

  @Test func tablesOfTheModelThatComesAlong() throws {
    let tool = try Tool("evaluate", "--input", "-", "--format", "csv", input: posts)
    #expect(tool.status == 0)
    #expect(tool.errors == "")
    for word in [
      "4 texts, 3 of them", "weighted", "macro average", "micro average", "confusion matrix",
      "Matthews correlation", "calibration error (15 equal ranges", "most confident mistakes",
      "I hate this plugin, so much <b>",
    ] {
      #expect(tool.output.contains(word), "\(word)")
    }
    let rows = tool.outputLines.map { $0.split(separator: " ").map(String.init) }
    #expect(rows.contains(["positive", "1.0000", "0.5000", "0.6667", "2"]))
    #expect(rows.contains(["weighted", "0.8750", "0.7500", "0.7500", "0.7500"]))
  }

  @Test func oneObject() throws {
    let report = try object(
      try Tool("evaluate", "--json", "--input", "-", "--format", "csv", input: posts))
    #expect(report["count"] as? Int == 4)
    #expect(report["accuracy"] as? Double == 0.75)
    #expect(report["labels"] as? [String] == ["negative", "neutral", "positive"])
    #expect(report["confusion_matrix"] as? [[Int]] == [[1, 0, 0], [0, 1, 0], [1, 0, 1]])
    let weighted = try #require(report["weighted"] as? [String: Double])
    #expect(weighted.keys.sorted() == ["f1", "precision", "recall"])
    #expect(abs(weighted["precision"]! - 0.875) < 1e-12)
    #expect(abs((report["macro"] as? [String: Double])!["f1"]! - 7.0 / 9) < 1e-12)
    #expect((report["micro"] as? [String: Double])!["recall"]! == 0.75)
    #expect(report["matthews_correlation"] is Double)
    #expect(report["expected_calibration_error"] is Double)
    let perClass = try #require(report["per_class"] as? [[String: Any]])
    #expect(perClass.map { $0["support"] as? Int } == [1, 1, 2])
    #expect(perClass.map { $0["label"] as? String } == ["negative", "neutral", "positive"])
    let mistakes = try #require(report["mistakes"] as? [[String: Any]])
    #expect(mistakes.count == 1)
    #expect(mistakes[0]["row"] as? Int == 4)
    #expect(mistakes[0]["text"] as? String == "I hate this plugin,\nso much <b>")
    #expect(mistakes[0]["true"] as? String == "positive")
    #expect(mistakes[0]["predicted"] as? String == "negative")
    #expect(try #require(mistakes[0]["score"] as? Double) > 0.5)
  }

  /// The same figures whatever the batches, and the same as counted from what `classify` says.
  @Test func agreesWithClassify() throws {
    let folder = try TemporaryFolder()
    let words = ["a", "good", "bad", "film", "plot", "slow", "great"]
    let rows = (0..<400).map { row in
      let text: [String] = (0..<row % 11).map { words[(row * 7 + $0 * $0) % words.count] }
      return "\(text.joined(separator: " ")),\(row % 3)"
    }
    let input = try folder.write("text,gold\n" + rows.joined(separator: "\n"), to: "in.csv")
    let classified = try Tool("classify", "--model", tinyModel(), "--input", input)
    let names = ["negative", "neutral", "positive"]
    var matrix = [[Int]](repeating: [0, 0, 0], count: 3)
    for line in classified.outputLines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let label = String(fields[2])
      let predicted = try #require(names.firstIndex(of: label))
      matrix[Int(fields[1])!][predicted] += 1
    }
    for batchTokens in ["1", "50", "100000"] {
      let tool = try Tool(
        "evaluate", "--model", tinyModel(), "--input", input, "--label-column", "gold", "--json",
        "--threads", "3", "--batch-tokens", batchTokens)
      let report = try object(tool)
      #expect(report["confusion_matrix"] as? [[Int]] == matrix)
      #expect((report["mistakes"] as? [Any])?.count == 10)
    }
  }

  @Test func namesForLabelsWithoutThem() throws {
    let arguments = [
      "evaluate", "--json", "--input", "-", "--format", "jsonl", "--labels", "bad, so-so,good",
    ]
    let input = """
      {"text": "Thanks a lot, that fixed it!", "label": "good"}
      {"text": "I hate this plugin.", "label": "BAD"}
      {"text": "I hate this plugin.", "label": 1}

      """
    let report = try object(try Tool(arguments, input: Data(input.utf8)))
    #expect(report["labels"] as? [String] == ["bad", "so-so", "good"])
    #expect(report["confusion_matrix"] as? [[Int]] == [[1, 0, 0], [1, 0, 0], [0, 0, 1]])
    try expectFailure(
      ["--labels", "bad,so-so,good", "--format", "csv"], input: "text,label\na,negative\n",
      "row 1", "'negative'", "'so-so'")
    try expectFailure(["--labels", "a,b", "--format", "csv"], input: posts, "2 labels", "3")
  }

  @Test func rowsWithoutALabel() throws {
    try expectFailure(
      ["--format", "csv"], input: "text,label\na,0\nb,\n", "row 2", "'label'",
      "--skip-unlabelled")
    try expectFailure(
      ["--format", "jsonl"], input: #"{"text": "a", "label": null}"#, "row 1", "--skip-unlabelled")
    try expectFailure(["--format", "jsonl"], input: #"{"text": "a"}"#, "row 1", "'label'")
    try expectFailure(
      ["--format", "jsonl", "--skip-unlabelled"], input: #"{"text": "a"}"#, "no labelled rows")
    try expectFailure(
      ["--format", "csv", "--skip-unlabelled"], input: "text,label\na,\nb, \n", "no labelled rows",
      "2 rows")
    for (format, input) in [
      ("csv", "text,label\na,0\nb,\nc,\nd,1\n"),
      (
        "jsonl",
        """
        {"text": "a", "label": 0}
        {"text": "b"}
        {"text": "c", "label": null}
        {"text": "d", "label": "1"}
        """
      ),
    ] {
      let tool = try Tool(
        "evaluate", "--model", tinyModel(), "--json", "--skip-unlabelled", "--input", "-",
        "--format", format, "--mistakes", "99", input: input)
      let report = try object(tool)
      #expect(report["count"] as? Int == 2)
      #expect(report["skipped"] as? Int == 2)
      #expect(tool.errors.contains("2 rows without a label"))
      let rows = (report["mistakes"] as? [[String: Any]] ?? []).compactMap { $0["row"] as? Int }
      #expect(Set(rows).isSubset(of: [1, 4]))
    }
  }

  @Test func faultyRowsAreNamed() throws {
    try expectFailure(
      ["--format", "csv"], input: "text,label\na,0\nb,angry\n", "row 2", "'angry'", "'negative'"
    )
    try expectFailure(["--format", "csv"], input: "text,label\na,3\n", "row 1", "'3'")
    try expectFailure(["--format", "csv"], input: "text,label\n", "no rows")
    try expectFailure(["--format", "csv"], input: "text,gold\na,0\n", "'label'", "'gold'")
    try expectFailure(["--format", "csv"], input: "text,label\na,0,x\n", "row 1", "3")
    try expectFailure(["--format", "txt"], input: "a\n", "lines of text", "'label'")
    try expectFailure(["--format", "csv"], input: "", "empty")
    try expectFailure(
      ["--format", "jsonl"], input: #"{"text": "a", "label": ["negative", "neutral"]}"#, "row 1",
      "2 labels")
  }

  @Test func aRegressionIsRefused() throws {
    let folder = try TemporaryFolder()
    let model = try folder.model()
    let file = model.appending(path: "config.json")
    let config = try String(contentsOf: file, encoding: .utf8)
      .replacing(/"hidden_act"/, with: "\"problem_type\": \"regression\", \"hidden_act\"")
    try config.write(to: file, atomically: true, encoding: .utf8)
    let tool = try Tool(
      "evaluate", "--model", model.path, "--input", "-", "--format", "csv", input: posts)
    #expect(tool.status == 1)
    #expect(tool.errors.contains("regression"), "\(tool.errors)")
  }

  @Test func wrongUsageIsTwo() throws {
    for arguments in [
      [], ["--input", "x", "--mistakes", "-1"], ["--input", "x", "--threads", "0"],
      ["--input", "x", "--label-column", "text"], ["--input", "x", "--report", "-"],
      ["--input", "x", "--labels", "a,,b"], ["x", "--input", "y"], ["x", "--predictions", "y"],
      ["--predictions", "x", "--model", "m"], ["x", "--predicted-column", "p"],
      ["x", "--model", "a", "--model", "b", "--model", "c"], ["x", "--threshold", "1"],
      ["x", "--bootstrap", "-1"], ["x", "--label-separator", ""],
      ["--predictions", "x", "--predicted-column", "label"],
    ] {
      let tool = try Tool(["evaluate"] + arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
      #expect(tool.output == "")
    }
  }

  @Test func thePageIsWholeAndEscaped() throws {
    let folder = try TemporaryFolder()
    let hostile = "</p><script>alert(1)</script>&amp; \"quoted\" 'single' \u{202E}\u{0} a"
    let rows = [
      ("id", hostile, "negative"), ("id", hostile, "positive"), ("id", "good", "neutral"),
    ]
    let lines = rows.map { row in
      let object = ["text": row.1, "label": row.2]
      return String(decoding: try! JSONEncoder().encode(object), as: UTF8.self)
    }
    let input = try folder.write(lines.joined(separator: "\n"), to: "<in>&.jsonl")
    let page = folder.url.appending(path: "report.html").path
    let tool = try Tool(
      "evaluate", "--model", tinyModel(), "--input", input, "--report", page)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.output.contains("confusion matrix"))
    #expect(tool.errors.hasSuffix("cloud4bert: report written to \(page)\n"))
    let html = try folder.read("report.html")
    #expect(!html.lowercased().contains("<script"))
    #expect(
      html.contains("&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp; &quot;quoted&quot;"))
    #expect(html.contains("&lt;in&gt;&amp;.jsonl"))
    #expect(!html.contains("\u{202E}") && !html.unicodeScalars.contains("\u{0}"))
    // Nothing from elsewhere.
    #expect(!html.contains("http") && !html.contains("src=") && !html.contains("url("))
    #expect(html.contains("prefers-color-scheme: dark") && html.contains("role=\"img\""))
    #expect(HTMLStructure(html).isWellFormed)
    // When, with what and where.
    for words in [
      "<dt>Date</dt><dd>20", "cloud4bert \(Cloud4BertVersion.current)", "<dt>Processor</dt>",
      "<dt>Precision</dt><dd>", "<dt>Model</dt><dd>bert-safetensors (",
    ] {
      #expect(html.contains(words), "\(words)")
    }
  }

  @Test func thePageIsNotTheInput() throws {
    let folder = try TemporaryFolder()
    let input = try folder.write(posts, to: "posts.csv")
    let tool = try Tool("evaluate", "--input", input, "--report", input)
    #expect(tool.status == 1)
    #expect(try folder.read("posts.csv") == posts)
    let missing = try Tool("evaluate", "--input", input, "--report", "/no/such/folder/x.html")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("/no/such/folder/x.html"))
  }
}
