import Foundation
import TestSupport
import Testing

@Suite struct LongTextTests {
  @Test func windowsSeeTheEndOfALongText() throws {
    let folder = try TemporaryFolder()
    let text = "I hate it. " + String(repeating: "Thanks a lot, that fixed it! ", count: 300)
    let input = try folder.write(text + "\nok\n", to: "in.txt")
    let cut = try Tool("classify", "--input", input, "--max-length", "8")
    let windows = try Tool(
      "classify", "--input", input, "--max-length", "8", "--overflow", "window", "--stride", "0")
    #expect(cut.outputLines[0].hasPrefix("negative"))
    #expect(windows.outputLines[0].hasPrefix("positive"))
    #expect(cut.outputLines.count == 2 && windows.outputLines.count == 2)
    let evaluated = try Tool(
      "evaluate", "--overflow", "window", "--max-length", "8", "--json", "--input", "-", "--format",
      "csv", input: "text,label\n\(text.replacing(",", with: "")),positive\n")
    #expect(evaluated.output.contains("\"accuracy\":1.0"), "\(evaluated.errors)")
  }

  @Test func shortTextsAreTheSameEitherWay() throws {
    let posts = repositoryFolder.appending(path: "Models/posts.csv").path
    let cut = try Tool("classify", "--input", posts, "--scores", "all")
    let windows = try Tool("classify", "--input", posts, "--scores", "all", "--overflow", "window")
    #expect(cut.outputLines.count > 20)
    #expect(windows.output == cut.output)
  }

  @Test func wrongUsageIsTwoAndWrongStridesAreOne() throws {
    for arguments in [
      ["--stride", "5"], ["--overflow", "fold"], ["--overflow", "window", "--stride", "-1"],
      ["--overflow", "window", "--input", "x", "--pair-column", "b"],
    ] {
      let tool = try Tool(["classify"] + arguments + (arguments.count > 4 ? [] : ["x"]), input: nil)
      #expect(tool.status == 2, "\(arguments)")
    }
    let tool = try Tool("classify", "x", "--overflow", "window", "--stride", "510")
    #expect(tool.status == 1)
    #expect(tool.errors.contains("0 to 509"), "\(tool.errors)")
  }
}
