/// The names that a header has with some separator.
struct TableHeader {
  let delimiter: Delimiter
  let names: [String]

  /// The one that has the wanted columns; nil where none has.
  ///
  /// - Throws: ``RecordError/ambiguousDelimiter(file:name:delimiters:)`` where several have.
  static func chosen(
    among headers: [TableHeader], _ columns: WantedColumns, of file: String
  ) throws(RecordError) -> TableHeader? {
    var found = headers.filter { columns.areIn($0.names) }
    if found.count > 1 {
      let whole = found.filter { columns.areAllIn($0.names) }
      if !columns.others.isEmpty, whole.count == 1 { found = whole }
    }
    guard found.count < 2 else {
      throw .ambiguousDelimiter(
        file: file, name: columns.text, delimiters: found.map(\.delimiter.text))
    }
    return found.first
  }

  /// What separates the fields of the table whose header comes next in the window, by that header:
  /// the usual separator where it finds the wanted column, and else the only one that does, or the
  /// usual one where none does. Nothing is consumed.
  ///
  /// - Throws: ``RecordError/cannotRead(file:code:)``,
  ///   ``RecordError/ambiguousDelimiter(file:name:delimiters:)``, and
  ///   ``RecordError/missingColumn(name:file:columns:separator:)`` where another separator than the
  ///   usual one plainly stands in the header.
  static func delimiter(
    usual: Delimiter, in window: ByteWindow, columns: WantedColumns, readsQuotes: Bool, limit: Int
  ) throws(RecordError) -> Delimiter {
    guard
      let own = try peek(in: window, usual, readsQuotes: readsQuotes, limit: limit),
      !columns.areIn(own.names)
    else { return usual }
    var others: [TableHeader] = []
    for delimiter in Delimiter.candidates where delimiter != usual {
      let header = try peek(in: window, delimiter, readsQuotes: readsQuotes, limit: limit)
      if let header, header.names.count > 1 { others.append(header) }
    }
    let file = window.source.name
    if let found = try chosen(among: others, columns, of: file) { return found.delimiter }
    if own.names.count == 1, others.count == 1 {
      throw .missingColumn(
        name: columns.text, file: file, columns: others[0].names,
        separator: others[0].delimiter.text)
    }
    return usual
  }

  /// The first record that is not blank; nil where there is none, or none that can be read.
  private static func peek(
    in window: ByteWindow, _ delimiter: Delimiter, readsQuotes: Bool, limit: Int
  ) throws(RecordError) -> TableHeader? {
    var start = 0
    while true {
      while start < window.bytes.count, window.bytes[start] == 0x0D || window.bytes[start] == 0x0A {
        start += 1
      }
      if start < window.bytes.count || window.isAtEnd || start > limit { break }
      try window.fill()
    }
    var scanner = DelimitedScanner(
      delimiter: delimiter, readsQuotes: readsQuotes, fieldLimit: 65_536)
    while true {
      let bytes = UnsafeBufferPointer(rebasing: window.bytes[start...])
      switch scanner.scan(bytes, atEnd: window.isAtEnd) {
      case .record(let length, _):
        let record = UnsafeBufferPointer(rebasing: bytes[..<length])
        return TableHeader(
          delimiter: delimiter, names: scanner.spans.map { $0.value(in: record) })
      case .incomplete:
        if bytes.count > limit + 1 { return nil }
        try window.fill()
      case .unterminatedQuote, .end: return nil
      }
    }
  }
}
