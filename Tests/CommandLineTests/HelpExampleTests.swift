import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CommandLineTool

/// Who copies an example from a terminal of 80 columns must be able to paste it.
@Suite struct HelpExampleTests {
  static let commands: [any ParsableCommand.Type] =
    [Cloud4BertTool.self]
    + Cloud4BertTool.configuration.subcommands.filter { $0.configuration.shouldDisplay }

  /// The examples of a text: each a command line, or several that end in a backslash but for the last.
  private func examples(in help: String) -> [String] {
    var examples: [String] = []
    var isContinued = false
    for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
      if isContinued {
        examples[examples.count - 1] += "\n\(line)"
      } else if line.hasPrefix("  "), line.contains("cloud4bert "), !line.hasPrefix("  See ") {
        examples.append(String(line))
      } else {
        continue
      }
      isContinued = line.hasSuffix("\\")
    }
    return examples
  }

  private func help(_ command: any ParsableCommand.Type) -> String {
    let text = Cloud4BertTool.helpMessage(for: command, columns: 80)
    return String(text.prefix(upTo: text.range(of: "\nUSAGE:")?.lowerBound ?? text.endIndex))
  }

  @Test(arguments: commands.indices)
  func noExampleIsWrapped(_ index: Int) {
    let command = Self.commands[index]
    let shown = examples(in: help(command))
    #expect(shown == examples(in: command.configuration.discussion))
    #expect(!shown.isEmpty)
    for line in shown.flatMap({ $0.split(separator: "\n") }) { #expect(line.count < 80, "\(line)") }
  }

  /// A shell takes each example apart, and the parser takes what comes of it.
  @Test(arguments: commands.indices)
  func everyExampleParses(_ index: Int) throws {
    let folder = try TemporaryFolder()
    for example in examples(in: help(Self.commands[index])) {
      let calls = folder.url.appending(path: "calls")
      try Data().write(to: calls)
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/bash")
      shell.currentDirectoryURL = folder.url
      shell.arguments = [
        "-c",
        """
        cloud4bert() { printf '%s\\0' "$#" "$@" >> calls; }
        jq() { :; }
        zcat() { :; }
        \(example)
        """,
      ]
      shell.standardInput = FileHandle.nullDevice
      try shell.run()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 0, "\(example)")

      var words = try String(decoding: Data(contentsOf: calls), as: UTF8.self)
        .split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)[...]
      var count = 0
      while let length = words.popFirst().flatMap({ Int($0) }) {
        let arguments = Array(words.prefix(length))
        words = words.dropFirst(length)
        count += 1
        #expect(throws: Never.self, "\(example)") { try Cloud4BertTool.parseAsRoot(arguments) }
      }
      #expect(count > 0, "\(example)")
    }
  }
}
