/// What a reader found out about its file and a writer needs to write one like it.
public struct RecordLayout: Sendable, Equatable {
  /// How lines end.
  public enum LineEnding: String, Sendable {
    case lf = "\n"
    case crlf = "\r\n"
  }

  public let format: RecordFormat
  /// The header of a table; of JSON lines the names in the first object; of text lines nothing.
  public let columns: [String]
  /// How the header of a table ends; LF for the other formats, and in place of a lone CR.
  public let lineEnding: LineEnding
  /// Whether a table began with a byte-order mark, by which spreadsheets tell UTF-8: it is written
  /// again. JSON lines must not have one (RFC 8259, section 8.1), and text lines need none.
  public let hasByteOrderMark: Bool
  /// Whether fields of a table may stand in quotes.
  public let hasQuotes: Bool
  /// What separates the fields of a table; nil for the other formats.
  public let delimiter: Delimiter?
  /// Whether a line `sep=` tells the separator before the header.
  public let hasSeparatorLine: Bool

  public init(
    format: RecordFormat, columns: [String] = [], lineEnding: LineEnding = .lf,
    hasByteOrderMark: Bool = false, hasQuotes: Bool = true, delimiter: Delimiter? = nil,
    hasSeparatorLine: Bool = false
  ) {
    self.format = format
    self.columns = columns
    self.lineEnding = lineEnding
    self.hasByteOrderMark = hasByteOrderMark
    self.hasQuotes = hasQuotes
    self.delimiter = delimiter ?? format.usualDelimiter
    self.hasSeparatorLine = hasSeparatorLine
  }
}

extension RecordLayout {
  /// The layout of JSON lines that hold what the rows of this one do.
  ///
  /// - Parameter file: The input's name, for messages.
  /// - Throws: ``RecordError/ambiguousColumn(name:file:count:)`` for a table with two columns of one
  ///   name: of such fields, readers of an object lose one.
  public func asObjects(of file: String) throws(RecordError) -> RecordLayout {
    switch format {
    case .jsonl: return self
    case .txt: return RecordLayout(format: .jsonl, columns: ["text"])
    case .csv, .tsv:
      let header = DelimitedHeader(names: columns)
      for name in columns { _ = try header.index(ofOnly: name, in: file) }
      return RecordLayout(format: .jsonl, columns: columns)
    }
  }
}
