import Foundation
import TestSupport
import Testing

/// Texts from arguments, files and pipes, for every command that takes them.
@Suite struct TextSourceTests {
  static let commands: [[String]] = [
    ["classify", "--model", tinyModel()], ["embed", "--model", tinyModel()],
    ["fill-mask", "--model", tinyModel("distilbert-mlm")],
    ["next-sentence", "--model", tinyModel("bert-pretraining"), "--pair-column", "b"],
    ["tokenize", "--model", tinyModel()],
  ]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: commands)
  func theNameOfAFileIsNoText(_ command: [String]) throws {
    let file = try folder.write("text,b\na [MASK],c\n", to: "my posts.csv")
    for text in [file, "no-such.csv", "no-such.jsonl.gz", "table.parquet"] {
      let tool = try Tool(command + ["a [MASK]", text], input: nil)
      #expect(tool.status == 2, "\(text): \(tool.errors)")
      #expect(tool.output == "")
      let word = text == file ? "'\(text)'" : text
      #expect(tool.errors.contains("--input \(word)"))
      #expect(tool.errors.contains("-- \(word)"))
      #expect(tool.errors.contains("cloud4bert \(command[0]) --help"))
    }
  }

  @Test func behindTwoDashesAnythingIsAText() throws {
    let file = try folder.write("text\na\n", to: "posts.csv")
    let tool = try Tool("classify", "--model", tinyModel(), "a", "--", file, "x.csv", "-")
    #expect(tool.status == 0, "\(tool.errors)")
    let texts = tool.outputLines.map { String($0.split(separator: "\t").last ?? "") }
    #expect(texts == ["a", file, "x.csv", "-"])
  }

  @Test(arguments: ["What is posts.csv?", "3.5", "e.g.", "see a/b", "Swift.", ".", "../.."])
  func textsThatNameNoTableAreTexts(_ text: String) throws {
    let tool = try Tool("classify", "--model", tinyModel(), text)
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.output.hasSuffix("\t\(text)\n"))
  }

  @Test(arguments: commands)
  func whatIsPipedInIsRead(_ command: [String]) throws {
    let table = "text,b\na [MASK],c\nd [MASK],e\n"
    let read = try Tool(command + ["--input", "-"], input: Data(table.utf8))
    #expect(read.status == 0, "\(read.errors)")
    #expect(read.outputLines.count >= 2)
    for more in [[], ["-"]] {
      // A file here; a pipe is tried below.
      let tool = try Tool(command + more, input: Data(table.utf8))
      #expect(tool.status == 0, "\(tool.errors)")
      #expect(tool.output == read.output)
    }
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    let pipe = Pipe()
    shell.standardOutput = pipe
    let path = try folder.write(table, to: "table")
    shell.arguments = ["-c", "cat \"$0\" | \"$@\"", path, Tool.executable.path] + command
    try shell.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    shell.waitUntilExit()
    #expect(String(decoding: output, as: UTF8.self) == read.output)
  }

  @Test(arguments: commands)
  func withNothingToReadItIsSaid(_ command: [String]) throws {
    let tool = try Tool(command, input: nil)
    #expect(tool.status == 2)
    #expect(tool.errors.contains("--input"))
    let both = try Tool(command + ["a", "--input", "-"], input: Data())
    #expect(both.status == 2)
    let mixed = try Tool(command + ["a", "-"], input: Data())
    #expect(mixed.status == 2)
    #expect(mixed.errors.contains("standard input"))
  }
}
