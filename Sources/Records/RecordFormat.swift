/// How a file holds its texts.
public enum RecordFormat: String, Sendable, CaseIterable {
  /// Every line is a text.
  case txt
  /// RFC 4180: a header, and fields separated by commas, or by what the header shows.
  case csv
  /// A header, and fields separated by tabs, quoted by the rules of CSV.
  case tsv
  /// https://jsonlines.org: a JSON object a line.
  case jsonl

  /// The format that a path's extension tells, in any case and also before that of a compression: nil
  /// for others, and for "-".
  public init?(path: String) {
    let path = Compression.stem(of: path)
    let file = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let name = file.last, let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    switch String(decoding: name[name.index(after: dot)...], as: UTF8.self).lowercased() {
    case "txt": self = .txt
    case "csv": self = .csv
    case "tsv", "tab": self = .tsv
    // Of a .json file that is one array, the reader says what is wrong with it.
    case "jsonl", "ndjson", "json": self = .jsonl
    default: return nil
    }
  }

  /// The separator of a table's fields, where nothing tells another: nil where there are none.
  public var usualDelimiter: Delimiter? {
    switch self {
    case .csv: .comma
    case .tsv: .tab
    case .txt, .jsonl: nil
    }
  }
}

/// What a reader is asked for.
struct WantedColumns {
  let text: String
  /// Whether someone named the column of the texts, so that a header of it alone is one.
  let isTextNamed: Bool
  let others: [String]

  /// Whether a header has the column of the texts.
  func areIn(_ names: [String]) -> Bool { Self.has(names, text) }

  /// Whether it has all of them.
  func areAllIn(_ names: [String]) -> Bool {
    areIn(names) && others.allSatisfy { Self.has(names, $0) }
  }

  private static func has(_ names: [String], _ name: String) -> Bool {
    names.contains { $0.utf8.elementsEqual(name.utf8) }
  }
}
