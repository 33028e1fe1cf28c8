import ArgumentParser
import Files

/// `--labels`: names between commas.
enum LabelNames {
  /// Without the spaces around them; nil for nil.
  static func names(in list: String?) -> [String]? {
    list?.split(separator: ",", omittingEmptySubsequences: false).map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension LabelNames {
  /// - Throws: `ValidationError` for an empty name, and one that is there twice.
  static func check(_ names: [String]?) throws {
    guard let names else { return }
    if names.contains("") { throw ValidationError("--labels has an empty name") }
    var seen: Set<ExactString> = []
    if let twice = names.first(where: { !seen.insert($0) }) {
      throw ValidationError("--labels names \(quoted(twice)) twice")
    }
  }
}
