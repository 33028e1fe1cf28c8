import Foundation
import TestSupport
import Testing

@testable import CommandLineTool

/// What a person is told who mistyped.
@Suite struct UsageMistakeTests {
  @Test(arguments: [
    (["clasify", "x"], "'clasify'. Did you mean 'classify'?"),
    (["tokenise", "x"], "'tokenise'. Did you mean 'tokenize'?"),
    (["fillmask"], "'fillmask'. Did you mean 'fill-mask'?"),
    (["eval", "-i", "x"], "'eval'. Did you mean 'evaluate'?"),
    (["help", "trian"], "'trian'. Did you mean 'train'?"),
    (["help", "nosuch"], "Unknown command 'nosuch'\n"), (["xyzzy"], "Unknown command 'xyzzy'\n"),
    (["measuer"], "Unknown command 'measuer'\n"),
  ])
  func anUnknownCommand(arguments: [String], words: String) throws {
    let tool = try Tool(arguments, input: nil)
    #expect(tool.status == 2)
    #expect(tool.output == "")
    #expect(tool.errors.contains(words), "\(tool.errors)")
    #expect(tool.errors.contains("See 'cloud4bert --help'"))
  }

  @Test(arguments: [
    (["classify", "--inptu=x"], "'--inptu'. Did you mean '--input'?"),
    (["classify", "--inptu", "x"], "'--inptu'. Did you mean '--input'?"),
    (["train", "--lerning-rate=1"], "'--lerning-rate'. Did you mean '--learning-rate'?"),
    (["embed", "--nomalize"], "'--nomalize'. Did you mean '--normalize'?"),
    (["evaluate", "--verbose"], "Unknown option '--verbose'\n"),
    (["classify", "-x"], "Unknown option '-x'\n"), (["classify", "-5"], "Unknown option '-5'\n"),
  ])
  func anUnknownOption(arguments: [String], words: String) throws {
    let tool = try Tool(arguments, input: nil)
    #expect(tool.status == 2)
    #expect(tool.errors.contains(words), "\(tool.errors)")
    #expect(tool.errors.contains("See 'cloud4bert \(arguments[0]) --help'"))
  }

  /// Of commands that take none: not that an option is missing.
  @Test(arguments: [
    (["bench", "nosuch"], "there is no file or folder nosuch; give a file of texts with --input"),
    (["bench", "--rounds", "2", "nosuch", "--profile"], "there is no file or folder nosuch;"),
    (["bench", "--input=x.csv", "no such"], "there is no file or folder 'no such';"),
    (["fit", "nosuch"], "or its name on the Hub, with --features-from"),
    (["train", "nosuch", "--output", "x"], "or its name on the Hub, with --model"),
    (["distil", "/"], "/ is a folder: if it is a model's, give --teacher /"),
    (["train", "/etc/hosts"], "/etc/hosts is a file: give --input /etc/hosts to read it"),
    (["bench"], "nothing to measure with"), (["fit", "--output", "x"], "nothing to learn from"),
  ])
  func anArgumentBehindNoOption(arguments: [String], words: String) throws {
    let tool = try Tool(arguments, input: nil)
    #expect(tool.status == 2)
    #expect(tool.errors.contains(words), "\(tool.errors)")
    #expect(tool.errors.contains("See 'cloud4bert \(arguments[0]) --help'"))
  }

  @Test(arguments: [
    ["classify", "x"], ["evaluate", "x.csv"], ["bench", "--input", "x.csv"],
    ["train", "--input", "x.csv", "--output", "x"],
  ])
  func namesOfLabelsAreChecked(arguments: [String]) throws {
    for (names, words) in [("a,,b", "a name is empty"), ("a, b,a ", "'a' is there twice")] {
      let tool = try Tool(arguments + ["--labels", names], input: nil)
      #expect(tool.status == 2)
      #expect(tool.errors.contains("invalid for '--labels <names>': \(words)"), "\(tool.errors)")
    }
  }

  /// Not that their value is missing.
  @Test(arguments: [
    (["classify", "--threads", "-3", "hi"], "--threads must be at least 1"),
    (["fit", "--output", "x", "--regularization", "-1"], "'-1' is invalid"),
    (["fit", "--output", "x", "--regularization", "-1"], "give a number above 0, or auto"),
    (["train", "--output", "x", "--validation", "-.5"], "a share is from 0 to below 1"),
    (
      ["train", "--output", "x", "--input", "x", "--learning-rate", "-1e-5"], "must be more than 0"
    ),
    (["classify", "--quiet", "-3"], "'--quiet'"),
  ])
  func negativeNumbersAreToldTheRange(arguments: [String], words: String) throws {
    let tool = try Tool(arguments, input: nil)
    #expect(tool.status == 2)
    #expect(tool.errors.contains(words), "\(tool.errors)")
  }

  @Test func negativeNumbersAreTextsBehindTwoDashes() {
    let words = ["classify", "--quiet", "--", "-3", "--threads", "-1"]
    #expect(ProgramArguments.strings(words.map { Array($0.utf8) }) == words)
  }

  @Test func aMistakeFoundLateShowsTheCommandsOwnUsage() throws {
    let tool = try Tool("pull", "not/a/name")
    #expect(tool.status == 2)
    #expect(tool.errors.contains("not/a/name"))
    #expect(tool.errors.contains("Usage: cloud4bert pull <model> ..."))
    #expect(tool.errors.contains("See 'cloud4bert pull --help'"))
  }

  /// Values from the definition of the restricted Damerau-Levenshtein distance.
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ca", "ac", 1), ("ca", "abc", 3),
    ("trian", "train", 1), ("inptu", "input", 1),
  ])
  func slipsAreCounted(a: String, b: String, distance: Int) {
    #expect(UsageMistake.distance(from: Array(a), to: Array(b)) == distance)
    #expect(UsageMistake.distance(from: Array(b), to: Array(a)) == distance)
  }
}
