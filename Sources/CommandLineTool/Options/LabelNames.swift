import ArgumentParser
import Files

/// `--labels`, for commands that classify.
struct LabelNameOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The labels' names in the order of the model's label ids, separated by commas.",
      discussion: "Takes the place of the names in the model's files.", valueName: "names"),
    transform: LabelNames.names)
  var labels: [String]?
}

/// Names between commas.
enum LabelNames {
  /// The names without the spaces around them.
  ///
  /// - Throws: `ValidationError` for an empty name, and one that is there twice.
  static func names(in list: String) throws -> [String] {
    let names = list.split(separator: ",", omittingEmptySubsequences: false).map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    if names.contains("") { throw ValidationError("a name is empty") }
    var seen: Set<ExactString> = []
    if let twice = names.first(where: { !seen.insert(ExactString($0)).inserted }) {
      throw ValidationError("\(quoted(twice)) is there twice")
    }
    return names
  }
}
