import Foundation
import TestSupport
import Testing

/// Values of options that are out of their range, and what is said of them.
@Suite struct OptionValueTests {
  @Test(arguments: [
    (["fit", "--regularization", "0"], "a number above 0, or auto"),
    (["fit", "--regularization=-1"], "a number above 0, or auto"),
    (["fit", "--regularization", "some"], "a number above 0, or auto"),
    (["train", "--validation", "2"], "from 0 to below 1"),
    (["train", "--validation", "1"], "from 0 to below 1"),
    (["train", "--validation=-0.1"], "from 0 to below 1"),
    (["train", "--class-weights", "1,x"], "balanced"),
    (["train", "--class-weights=1,-1"], "0 or more"),
    (["train", "--precision", "bfloat16"], "train in bf16x3"),
    (["train", "--precision", "int8"], "train in bf16x3"),
    (["train", "--precision", "fp16"], "'auto', 'float32' or 'bf16x3'"),
    (["distil", "--teacher", "t", "--take-layers", "1,x"], "from 0 on"),
    (["distil", "--teacher", "t", "--take-layers=-1"], "from 0 on"),
  ])
  func theRangeIsTold(arguments: [String], words: String) throws {
    let tool = try Tool(arguments + ["--input", "x.csv", "--output", "y"], input: nil)
    #expect(tool.status == 2)
    #expect(tool.errors.contains(words), "\(tool.errors)")
  }

  /// Wrong usage is what no model and no file could make right; what does not suit these is a failure.
  @Test(arguments: [
    (["classify", "--labels", "a,b", "hi"], 1, "2 labels named, but the model has 3"),
    (["classify", "--labels", "a,b,b", "hi"], 2, "'b' is there twice"),
    (["classify", "--max-length", "9999", "hi"], 1, "9999 tokens is out of range"),
    (["classify", "--max-length", "0", "hi"], 2, "--max-length must be at least 1"),
    (["classify", "--text-column", "nix", "--input", "posts.csv"], 1, "no column 'nix'"),
  ])
  func whatDoesNotSuitTheModelIsNoWrongUsage(arguments: [String], status: Int32, words: String)
    throws
  {
    let folder = try TemporaryFolder()
    let input = try folder.write("text\na\n", to: "posts.csv")
    let tool = try Tool(arguments.map { $0 == "posts.csv" ? input : $0 }, input: nil)
    #expect(tool.status == status, "\(tool.errors)")
    #expect(tool.errors.contains(words), "\(tool.errors)")
    #expect(tool.errors.contains("Usage:") == (status == 2), "\(tool.errors)")
  }

  @Test func trainingListsThePrecisionsItTakes() throws {
    // Wherever lines break.
    func help(_ command: String) throws -> String {
      try Tool(command, "--help").output.split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
    }
    #expect(try help("train").contains("(values: auto, float32, bf16x3;"))
    #expect(try help("classify").contains("(values: auto, float32, bf16x3, bfloat16, int8;"))
  }

  @Test func aLearningRateThatNobodyMeansIsWarnedOf() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<8).map { "text \($0),\($0 % 2 == 0 ? "even" : "odd")" }
    let input = try folder.write("text,label\n\(rows.joined(separator: "\n"))\n", to: "in.csv")
    func errors(_ rate: String, _ more: String...) throws -> String {
      let output = folder.url.appending(path: UUID().uuidString).path
      let tool = try Tool(
        [
          "train", "--model", tinyModel(), "--input", input, "--validation", "none", "--epochs",
          "1",
          "--learning-rate", rate, "--output", output,
        ] + more, input: nil)
      return tool.errors
    }
    #expect(try errors("5").contains("a learning rate of 5.0 is far above"))
    #expect(try !errors("1e-3").contains("learning rate of"))
    #expect(try errors("1e-3", "--quiet") == "")
  }
}
