import ArgumentParser
import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A command or an option that does not exist, and the one that may be meant, or an argument that the
/// command does not take.
struct UsageMistake: CustomStringConvertible {
  let description: String
  /// Whose usage is shown.
  let command: any ParsableCommand.Type

  private init(_ description: String, _ command: any ParsableCommand.Type) {
    self.description = description
    self.command = command
  }

  /// - Parameters:
  ///   - kind: "command" or "option".
  ///   - suggestion: What may be meant.
  private init(
    unknown kind: String, _ name: String, suggestion: String?, _ command: any ParsableCommand.Type
  ) {
    self.init(
      "Unknown \(kind) '\(name)'\(suggestion.map { ". Did you mean '\($0)'?" } ?? "")", command)
  }

  /// The first word, or the one after `help`, that should be a command and is none.
  static func ofCommand(in arguments: [String]) -> UsageMistake? {
    var words = arguments[...]
    if words.first == "help" { words = words.dropFirst() }
    guard let word = words.first, !word.hasPrefix("-"), word != "help", command(called: word) == nil
    else { return nil }
    let names = subcommands.filter { $0.configuration.shouldDisplay }.flatMap { Self.names(of: $0) }
    return UsageMistake(
      unknown: "command", word, suggestion: closest(to: word, of: names), Cloud4BertTool.self)
  }

  /// The first option, with or without a value behind `=`, that the command does not have, or else the
  /// first argument of a command that takes none. To be asked where the arguments are wrong: what else is
  /// wrong may follow from it.
  static func ofArguments(_ arguments: [String]) -> UsageMistake? {
    guard let word = arguments.first, let command = command(called: word) else { return nil }
    let parameters = parameters(of: command)
    let given = arguments.dropFirst().prefix { $0 != "--" }
    return ofOption(in: given, parameters, command) ?? ofValue(in: given, parameters, command)
  }

  private static func ofOption(
    in arguments: ArraySlice<String>, _ parameters: [Parameter], _ command: any ParsableCommand.Type
  ) -> UsageMistake? {
    let known = parameters.flatMap(\.flags)
    guard !known.isEmpty else { return nil }
    let builtIn: Set = [
      "--help", "--help-hidden", "--version", "--experimental-dump-help", "-h",
    ]
    let names = arguments.filter { $0.hasPrefix("-") && $0 != "-" }.map(flag)
    guard let name = names.first(where: { !known.contains($0) && !builtIn.contains($0) })
    else { return nil }
    let long = known.filter { $0.hasPrefix("--") }
    let suggestion = name.hasPrefix("--") ? closest(to: name, of: long) : nil
    return UsageMistake(unknown: "option", name, suggestion: suggestion, command)
  }

  /// A file or a model that stands behind no option.
  private static func ofValue(
    in arguments: ArraySlice<String>, _ parameters: [Parameter], _ command: any ParsableCommand.Type
  ) -> UsageMistake? {
    let models = parameters.filter { $0.valueName == "folder|name" }.flatMap(\.flags)
      .filter { $0.hasPrefix("--") }
    guard !parameters.contains(where: { $0.kind == "positional" }),
      let model = models.contains("--model") ? "--model" : models.first
    else { return nil }
    let taking = Set(parameters.filter { $0.kind == "option" }.flatMap(\.flags))
    var isValue = false
    for argument in arguments {
      defer { isValue = taking.contains(argument) }
      if isValue || argument.hasPrefix("-") { continue }
      let path = ShellWord.quoted(argument)
      guard FileManager.default.fileExists(atPath: argument) else {
        return UsageMistake(
          "there is no file or folder \(path); give a file of texts with --input, and a model, by its "
            + "folder or its name on the Hub, with \(model)", command)
      }
      let isFolder = FileManager.default.fileExists(atPath: argument + "/.")
      return UsageMistake(
        isFolder
          ? "\(path) is a folder: if it is a model's, give \(model) \(path)"
          : "\(path) is a file: give --input \(path) to read it", command)
    }
    return nil
  }

  /// Behind one dash stands a letter, and behind it others or a value.
  private static func flag(_ word: String) -> String {
    String(word.hasPrefix("--") ? word.prefix { $0 != "=" } : word.prefix(2))
  }

  private static var subcommands: [any ParsableCommand.Type] {
    Cloud4BertTool.configuration.subcommands
  }

  private static func command(called name: String) -> (any ParsableCommand.Type)? {
    subcommands.first { names(of: $0).contains(name) }
  }

  private static func names(of command: any ParsableCommand.Type) -> [String] {
    let configuration = command.configuration
    return [configuration.commandName].compactMap { $0 } + configuration.aliases
  }

  /// What a command takes, as it describes itself to programs.
  private struct Parameter: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    /// `positional`, `option` or `flag`.
    let kind: String
    let names: [Name]?
    let valueName: String?

    var flags: [String] { (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name } }
  }

  private static func parameters(of command: any ParsableCommand.Type) -> [Parameter] {
    struct Description: Decodable {
      struct Command: Decodable {
        let arguments: [Parameter]?
      }
      let command: Command
    }
    let text = Data(command._dumpHelp().utf8)
    let description = try? JSONDecoder().decode(Description.self, from: text)
    return description?.command.arguments ?? []
  }

  /// The name that a person may have meant: one that begins so, or differs by a slip or two.
  static func closest(to word: String, of names: [String]) -> String? {
    let typed = plain(word)
    if let same = names.first(where: { plain($0) == typed }) { return same }
    let distances = names.map { (name: $0, distance: distance(from: typed, to: plain($0))) }
    let mostSlips = typed.count < 4 ? 1 : typed.count < 9 ? 2 : 3
    if let close = distances.filter({ $0.distance <= mostSlips }).min(by: {
      $0.distance < $1.distance
    }) {
      return close.name
    }
    guard typed.count >= 3 else { return nil }
    return names.first { plain($0).starts(with: typed) }
  }

  private static func plain(_ name: String) -> [Character] {
    name.lowercased().filter { $0 != "-" && $0 != "_" }.map { $0 }
  }

  /// Letters to put in, take out, replace or swap with their neighbour (Damerau 1964, the restricted
  /// distance).
  static func distance(from a: [Character], to b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
