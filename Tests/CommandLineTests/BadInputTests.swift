import Foundation
import TestSupport
import Testing

/// Every fault gives one line on standard error and an honest exit code.
@Suite struct BadInputTests {
  private func expectOneLine(
    _ tool: Tool, status: Int32 = 1, _ words: String..., location: SourceLocation = #_sourceLocation
  ) {
    #expect(tool.status == status, "\(tool.errors)", sourceLocation: location)
    #expect(
      tool.errors.hasSuffix("\n") && tool.errors.split(separator: "\n").count == 1,
      "\(tool.errors)", sourceLocation: location)
    for word in words {
      #expect(tool.errors.contains(word), "\(tool.errors)", sourceLocation: location)
    }
  }

  @Test func wrongUsageIsTwo() throws {
    for arguments in [
      ["classify"], ["classify", "--no-such-option", "x"], ["classify", "x", "--input", "y"],
      ["classify", "x", "--threads", "0"], ["classify", "x", "--format", "xml"], ["frobnicate"],
      ["classify", "--input", "x", "--text-column", "a", "--pair-column", "a"], ["tokenize"],
    ] {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 2, "\(arguments)")
      #expect(tool.output == "")
      #expect(tool.errors.contains("rror"))
    }
  }

  @Test func helpAndVersionAreZero() throws {
    for arguments in [
      ["--help"], ["classify", "--help"], ["tokenize", "--help"], ["info", "--help"], ["--version"],
      ["--generate-completion-script", "bash"],
    ] {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 0)
      #expect(!tool.output.isEmpty)
      #expect(tool.errors == "")
    }
  }

  @Test func aFolderThatIsNotThere() throws {
    expectOneLine(try Tool("classify", "x", "--model", "/no/such/folder"), "/no/such/folder")
  }

  @Test(arguments: ["config.json", "model.safetensors", "vocab.txt"])
  func aFolderThatLacksAFile(_ name: String) throws {
    let folder = try TemporaryFolder()
    let model = try folder.model()
    try FileManager.default.removeItem(at: model.appending(path: name))
    if name == "vocab.txt" {
      try FileManager.default.removeItem(at: model.appending(path: "tokenizer.json"))
    }
    expectOneLine(try Tool("classify", "x", "--model", model.path), name)
  }

  @Test func aModelOfAnotherFamily() throws {
    let folder = try TemporaryFolder()
    let model = try folder.model()
    try Data(#"{"model_type": "gpt2"}"#.utf8).write(to: model.appending(path: "config.json"))
    expectOneLine(
      try Tool("classify", "x", "--model", model.path), "gpt2", "bert", "distilbert")
    let xlm = fixturesFolder.appending(path: "roberta/xlm-classification")
    expectOneLine(
      try Tool("classify", "x", "--model", xlm.path), "'xlm-roberta'", "sentencepiece.bpe.model")
    let roberta = fixturesFolder.appending(path: "roberta/classification")
    expectOneLine(
      try Tool("classify", "x", "--model", roberta.path), "'roberta'", "no vocab.json", "merges.txt"
    )
  }

  @Test func aTensorOfAnotherShape() throws {
    let folder = try TemporaryFolder()
    let model = try folder.model()
    let file = model.appending(path: "config.json")
    let config = try String(contentsOf: file, encoding: .utf8)
      .replacing(/"intermediate_size": \d+/, with: "\"intermediate_size\": 20")
    try config.write(to: file, atomically: true, encoding: .utf8)
    expectOneLine(
      try Tool("classify", "x", "--model", model.path), "encoder.layer.0.intermediate.dense.weight",
      "20", "shape")
  }

  @Test func tooFewLayersInTheConfiguration() throws {
    let folder = try TemporaryFolder()
    let model = try folder.model()
    let file = model.appending(path: "config.json")
    let config = try String(contentsOf: file, encoding: .utf8)
    for (layers, words) in [(1, "encoder.layer.1"), (9, "encoder.layer.2")] {
      try config.replacing(/"num_hidden_layers": \d+/, with: "\"num_hidden_layers\": \(layers)")
        .write(to: file, atomically: true, encoding: .utf8)
      expectOneLine(try Tool("classify", "x", "--model", model.path), words)
    }
  }

  @Test func aTruncatedWeightsFile() throws {
    let folder = try TemporaryFolder()
    for (fixture, name) in [
      ("bert-safetensors", "model.safetensors"), ("bert-bin", "pytorch_model.bin"),
    ] {
      let model = try folder.model(fixture)
      let file = model.appending(path: name)
      let data = try Data(contentsOf: file)
      for count in [0, 4, 100, data.count / 2, data.count - 1] {
        try data.prefix(count).write(to: file)
        expectOneLine(try Tool("classify", "x", "--model", model.path), name)
      }
    }
  }

  @Test func anEncoderWithoutAClassifier() throws {
    expectOneLine(
      try Tool("classify", "x", "--model", tinyModel("bert-pretraining")), "classifier")
  }

  @Test func invalidUTF8IsReplacedAndCounted() throws {
    var input = Data("fine\na".utf8)
    input.append(0xFF)
    input.append(contentsOf: "b\nfine\n".utf8)
    let tool = try Tool(
      ["classify", "--model", tinyModel(), "--input", "-", "--format", "txt"], input: input)
    #expect(tool.outputLines.count == 3)
    #expect(tool.outputLines[1].hasSuffix("a\u{FFFD}b"))
    expectOneLine(tool, status: 0, "1 row", "U+FFFD", "row 2")
  }

  @Test func aMissingColumnNamesThoseThatAreThere() throws {
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", "-", "--format", "csv", "--text-column",
      "body", input: "id,text\n1,a\n")
    expectOneLine(tool, "body", "id", "text")
  }

  @Test func rowsBeforeAFaultyOneAreWritten() throws {
    let rows = (1...50).map { #"{"text": "row \#($0)"}"# }.joined(separator: "\n")
    let tool = try Tool(
      "classify", "--model", tinyModel(), "--input", "-", "--format", "jsonl",
      input: rows + "\n[1, 2]\n" + #"{"text": "late"}"# + "\n")
    #expect(tool.outputLines.count == 50)
    expectOneLine(tool, "row 51", "holds 50 rows")
  }

  @Test func theInputIsNotOverwritten() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("text\na\n", to: "posts.csv")
    let tool = try Tool("classify", "--model", tinyModel(), "--input", file, "--output", file)
    expectOneLine(tool, "posts.csv")
    #expect(try folder.read("posts.csv") == "text\na\n")
  }

  #if os(Linux)
    @Test func aFullDisk() throws {
      let rows = String(repeating: "a b c\n", count: 200)
      let tool = try Tool(
        "classify", "--model", tinyModel(), "--input", "-", "--output", "/dev/full", input: rows)
      expectOneLine(tool, "/dev/full", "No space left")
    }

    /// As `yes | head -1` ends: silently, by the signal that a shell shows as 141.
    @Test func aClosedPipe() throws {
      let folder = try TemporaryFolder()
      let rows = try folder.write(String(repeating: "a b c\n", count: 30_000), to: "rows.txt")
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/bash")
      let errors = folder.url.appending(path: "errors").path
      shell.arguments = [
        "-c",
        """
        '\(Tool.executable.path)' classify --model '\(tinyModel())' --input '\(rows)' 2>'\(errors)' \
        | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}
        """,
      ]
      try shell.run()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 128 + SIGPIPE)
      #expect(try folder.read("errors") == "")
    }
  #endif
}
