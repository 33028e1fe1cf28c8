import Foundation
import TestSupport
import Testing

/// What the journal of a job compares is all that its rows depend on.
@Suite struct JobSettingsTests {
  /// Those that change rows, with a value that does, and what they need besides.
  private static let compared: [String: [String]] = [
    "--model": ["OTHER"], "--format": ["txt"], "--text-column": ["third"],
    "--text-template": ["{text}!"], "--pair-column": ["third"], "--delimiter": [";"],
    "--no-quotes": [], "--output-format": ["jsonl"], "--json": [], "--scores": ["all"],
    "--top-k": ["2"], "--threshold": ["0.5"], "--labels": ["a,b,c"], "--precision": ["int8"],
    "--products": ["blas", "--precision", "float32"], "--max-length": ["9"],
    "--overflow": ["window"], "--stride": ["2", "--overflow", "window"], "--pooling": ["cls"],
    "--layer": ["0"], "--normalize": [], "--prompt": ["x "], "--prompt-name": ["query"],
    "--candidate-labels": [], "--hypothesis-template": [], "--multi-label": [],
    "--truncate-dim": ["3"], "--targets": ["good"], "--on-bad-row": ["keep"],
  ]
  /// Those that do not: where rows come from and go to, how fast, and what a person is told.
  private static let harmless: Set = [
    "--input", "--output", "--resume", "--rejects", "--max-bad-rows", "--threads", "--batch-tokens",
    "--quiet", "--help", "--version",
  ]
  /// Commands, the models they take, and what they need besides.
  private static let commands: [String: (model: String, other: String, more: [String])] = [
    "classify": ("bert-safetensors", "bert-sharded", []),
    "embed": ("bert-bare", "bert-safetensors", []),
    "fill-mask": ("distilbert-mlm", "bert-pretraining", []),
    "next-sentence": ("bert-pretraining", "bert-pretraining-bin", ["--pair-column", "other"]),
    "tokenize": ("bert-safetensors", "distilbert-mlm", []),
  ]

  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }
      let names: [Name]?
    }
    let commandName: String
    let arguments: [Argument]?
    let subcommands: [Command]?
  }

  private func options(of name: String) throws -> [String] {
    struct Dump: Decodable { let command: Command }
    let help = try Tool("--experimental-dump-help")
    let all = try JSONDecoder().decode(Dump.self, from: Data(help.output.utf8))
    let command = try #require(all.command.subcommands?.first { $0.commandName == name })
    return (command.arguments ?? []).flatMap { $0.names ?? [] }
      .filter { $0.kind == "long" && !$0.name.hasPrefix("no-n") }.map { "--\($0.name)" }
  }

  /// What the journal of a part that is done tells, when the part behind it has a fault.
  private func settings(
    _ command: String, _ arguments: [String], in folder: TemporaryFolder
  ) throws -> [String: String] {
    let output = folder.path("out")
    try? FileManager.default.removeItem(atPath: output)
    let tool = try Tool(
      [
        command, "--input", folder.path("first.csv"), "--input", folder.path("none.csv"),
        "--output",
        output,
      ] + arguments, input: nil)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []
    let journal = try #require(
      names.first { $0.hasSuffix(".resume.json") }, "\(arguments): \(tool.errors)")
    let object = try JSONSerialization.jsonObject(
      with: Data(try folder.bytes("out/\(journal)")))
    return try #require((object as? [String: Any])?["settings"] as? [String: String])
  }

  @Test(arguments: commands.keys.sorted()) func everyOptionIsComparedOrHarmless(
    _ command: String
  ) throws {
    let folder = try TemporaryFolder()
    let (model, other, more) = try #require(Self.commands[command])
    try folder.write("text;other;third\na [MASK];b [MASK];c [MASK]\n", to: "first.csv")
    // The second part is no text, in whatever format.
    try folder.write("%PDF-1.4\n", to: "none.csv")
    for option in try options(of: command) where !Self.harmless.contains(option) {
      if Self.leftOut.contains("\(command) \(option)") { continue }
      var values = try #require(
        Self.compared[option], "\(option): compare it in settings, or call it harmless")
      // Its rows are JSON lines anyway.
      if command == "embed", option == "--output-format" { values = ["csv"] }
      var (usual, changed) = (more + values.dropFirst(), [option] + values.prefix(1))
      if option == "--pair-column" { usual = [] } else { changed += usual }
      usual += ["--model", tinyModel(model)]
      changed += option == "--model" ? [] : ["--model", tinyModel(model)]
      if option == "--model" { changed = more + [option, tinyModel(other)] }
      if option == "--pair-column" { usual += more }
      let differs =
        try settings(command, changed, in: folder) != settings(command, usual, in: folder)
      #expect(differs, "\(option)")
    }
  }

  /// What cannot be in such a job: a pair needs columns and a header has no mask, JSON lines are all that
  /// there is, and the models of the tests have no prompts.
  private static let leftOut: Set = [
    "next-sentence --format", "fill-mask --format", "fill-mask --output-format", "fill-mask --json",
    "embed --json", "embed --prompt-name",
    // ZeroShotTests ask for these.
    "classify --candidate-labels", "classify --hypothesis-template", "classify --multi-label",
  ]
}
