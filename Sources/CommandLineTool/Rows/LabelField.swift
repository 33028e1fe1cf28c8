import Files

/// A field that names labels: one, or several as a JSON array or between separators.
enum LabelField {
  /// What stands between several labels in a field unless told.
  static let usualSeparator = ";"

  /// The labels that a JSON array names, such as `["bug", "wish"]`: by strings, or numbers as they are
  /// written; nil where the field is none.
  static func array(in field: String) -> [String]? {
    // A cheap look first: most fields are a bare name.
    guard field.utf8.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "["),
      case .array(let elements)? = try? JSON(parsing: Array(field.utf8))
    else { return nil }
    let names = elements.compactMap { element in
      switch element {
      case .string(let name): name
      case .integer(let id): "\(id)"
      default: nil
      }
    }
    return names.count == elements.count ? names : nil
  }

  /// The labels of a field that may name several, each once, in order. White space around a name does
  /// not count, nor does an empty name.
  static func names(in field: String, separator: String) -> [String] {
    let all = array(in: field) ?? pieces(of: field, separator: separator)
    var seen: Set<ExactString> = []
    return all.map(trimmed).filter { !$0.isEmpty && seen.insert($0) }
  }

  private static func pieces(of field: String, separator: String) -> [String] {
    var pieces: [String] = []
    var rest = field[...]
    while let range = rest.firstRange(of: separator) {
      pieces.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return pieces + [String(rest)]
  }

  private static func trimmed(_ name: String) -> String {
    let start = name.drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }
}
