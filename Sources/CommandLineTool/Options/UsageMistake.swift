import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A command or an option that does not exist, and the one that may be meant.
struct UsageMistake: CustomStringConvertible {
  /// "command" or "option".
  let kind: String
  let name: String
  /// What may be meant.
  let suggestion: String?
  /// Whose usage is shown.
  let command: any ParsableCommand.Type

  var description: String {
    "Unknown \(kind) '\(name)'\(suggestion.map { ". Did you mean '\($0)'?" } ?? "")"
  }

  /// The first word, or the one after `help`, that should be a command and is none.
  static func ofCommand(in arguments: [String]) -> UsageMistake? {
    var words = arguments[...]
    if words.first == "help" { words = words.dropFirst() }
    guard let word = words.first, !word.hasPrefix("-"), word != "help", command(called: word) == nil
    else { return nil }
    let names = subcommands.filter { $0.configuration.shouldDisplay }.flatMap { Self.names(of: $0) }
    return UsageMistake(
      kind: "command", name: word, suggestion: closest(to: word, of: names),
      command: Cloud4BertTool.self)
  }

  /// The first option, with or without a value behind `=`, that the command does not have. To be asked
  /// where the arguments are wrong: what else is wrong may follow from it.
  static func ofOption(in arguments: [String]) -> UsageMistake? {
    guard let word = arguments.first, let command = command(called: word) else { return nil }
    let known = options(of: command)
    guard !known.isEmpty else { return nil }
    let builtIn: Set = [
      "--help", "--help-hidden", "--version", "--experimental-dump-help", "-h",
    ]
    let given = arguments.dropFirst().prefix { $0 != "--" }
    let names = given.filter { $0.hasPrefix("-") && $0 != "-" }.map { word in
      // Behind one dash stands a letter, and behind it others or a value.
      String(word.hasPrefix("--") ? word.prefix { $0 != "=" } : word.prefix(2))
    }
    guard let name = names.first(where: { !known.contains($0) && !builtIn.contains($0) })
    else { return nil }
    let long = known.filter { $0.hasPrefix("--") }
    let suggestion = name.hasPrefix("--") ? closest(to: name, of: long) : nil
    return UsageMistake(kind: "option", name: name, suggestion: suggestion, command: command)
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

  /// The names of a command's options, as it describes itself to programs.
  private static func options(of command: any ParsableCommand.Type) -> [String] {
    struct Description: Decodable {
      struct Command: Decodable {
        var arguments: [Argument]?
      }
      struct Argument: Decodable {
        var names: [Name]?
      }
      struct Name: Decodable {
        var kind: String
        var name: String
      }
      var command: Command
    }
    let text = Data(command._dumpHelp().utf8)
    let description = try? JSONDecoder().decode(Description.self, from: text)
    return (description?.command.arguments ?? []).flatMap { $0.names ?? [] }
      .map { ($0.kind == "long" ? "--" : "-") + $0.name }
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
