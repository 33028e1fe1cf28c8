/// Reads the rows of CSV and TSV.
final class TableParser {
  let header: DelimitedHeader
  /// Nil where the table has no texts, and needs none.
  private let textIndex: Int?
  private let pairIndex: Int?
  private var scanner: DelimitedScanner

  /// More columns than spreadsheets (16,384) and databases (some thousands) have.
  private static let maximumColumns = 1_048_576

  private init(
    header: DelimitedHeader, textIndex: Int?, pairIndex: Int?, delimiter: Delimiter,
    readsQuotes: Bool
  ) {
    self.header = header
    self.textIndex = textIndex
    self.pairIndex = pairIndex
    scanner = DelimitedScanner(
      delimiter: delimiter, readsQuotes: readsQuotes, fieldLimit: header.names.count)
  }

  /// Reads the header: the first record that is not blank.
  static func open(
    _ window: ByteWindow, delimiter: Delimiter, readsQuotes: Bool, textColumn: String,
    textMayBeMissing: Bool, pairColumn: String?, requiredColumns: [String], line: inout Int,
    limit: Int
  ) throws(RecordError) -> (TableParser, RecordLayout.LineEnding) {
    let file = window.source.name
    var scanner = DelimitedScanner(
      delimiter: delimiter, readsQuotes: readsQuotes, fieldLimit: maximumColumns)
    while let found = try frame(&scanner, in: window, row: 0, line: &line, limit: limit) {
      if found.bytes.isEmpty { continue }
      if scanner.fieldCount > maximumColumns {
        throw .tooManyColumns(file: file, limit: maximumColumns)
      }
      let names = found.bytes.withUnsafeBufferPointer { bytes in
        scanner.spans.map { $0.value(in: bytes) }
      }
      let header = DelimitedHeader(names: names)
      let separator = delimiter == .comma ? nil : delimiter.text
      let needsNoText = textMayBeMissing && header.index(of: textColumn) == nil
      let textIndex =
        needsNoText ? nil : try header.index(ofOnly: textColumn, in: file, separator: separator)
      var pairIndex: Int?
      if let pairColumn {
        pairIndex = try header.index(ofOnly: pairColumn, in: file, separator: separator)
      }
      for column in requiredColumns {
        _ = try header.index(ofOnly: column, in: file, separator: separator)
      }
      let parser = TableParser(
        header: header, textIndex: textIndex, pairIndex: pairIndex, delimiter: delimiter,
        readsQuotes: readsQuotes)
      return (parser, found.endsWithCRLF ? .crlf : .lf)
    }
    throw .noHeader(file: file)
  }

  /// The next row, or why it is none: nil when there is none.
  func next(
    in window: ByteWindow, row: Int, line: inout Int, limit: Int
  ) throws(RecordError) -> ReadRow? {
    while let found = try Self.frame(&scanner, in: window, row: row, line: &line, limit: limit) {
      if found.bytes.isEmpty, header.names.count > 1 { continue }
      var spans = scanner.spans
      let isWhole = scanner.fieldCount == header.names.count
      if !isWhole {
        let missing = header.names.count - spans.count
        spans += repeatElement(FieldSpan(start: 0, end: 0, form: .plain), count: max(0, missing))
      }
      let (text, pair) = found.bytes.withUnsafeBufferPointer { bytes in
        (
          textIndex.map { spans[$0].value(in: bytes) } ?? "",
          pairIndex.map { spans[$0].value(in: bytes) }
        )
      }
      let record = Record(
        row: row, line: found.line, text: text, pair: pair, repairedInvalidUTF8: found.isRepaired,
        bytes: found.bytes, content: .fields(spans, header))
      if isWhole { return .record(record) }
      let fault = RecordError.fieldCount(
        place: RecordPlace(file: window.source.name, row: row, line: found.line),
        expected: header.names.count, found: scanner.fieldCount, cause: cause(in: found.bytes))
      return .rejected(RejectedRow(record: record, bytes: window.lastRow, fault: fault))
    }
    return nil
  }

  /// What a row's bytes tell of why it has another number of fields than the header.
  private func cause(in row: [UInt8]) -> FieldCountCause {
    guard scanner.readsQuotes else { return .quotesNotRead }
    let surplus = scanner.fieldCount - header.names.count
    guard surplus > 0 else { return .unknown }
    let delimiter = scanner.delimiter.bytes
    let ending = repeatElement(delimiter, count: surplus).joined()
    if row.count >= ending.count, row.suffix(surplus * delimiter.count).elementsEqual(ending) {
      return .trailingSeparator
    }
    return row.withUnsafeBufferPointer { $0.hasBackslashQuote } ? .backslashQuotes : .unknown
  }

  /// A record's bytes; the scanner holds its fields.
  private struct Frame {
    let bytes: [UInt8]
    let isRepaired: Bool
    let line: Int
    let endsWithCRLF: Bool
  }

  private static func frame(
    _ scanner: inout DelimitedScanner, in window: ByteWindow, row: Int, line: inout Int, limit: Int
  ) throws(RecordError) -> Frame? {
    let place = RecordPlace(file: window.source.name, row: row, line: line)
    scanner.reset()
    while true {
      switch scanner.scan(window.bytes, atEnd: window.isAtEnd) {
      case .incomplete:
        // One more than the limit may still turn out to be a record within it and a CR.
        if window.bytes.count > limit + 1 { throw .recordTooLong(place: place, limit: limit) }
        try window.fill()
      case .unterminatedQuote:
        if window.bytes.count > limit { throw .recordTooLong(place: place, limit: limit) }
        let start = UnsafeBufferPointer(rebasing: window.bytes.prefix(65_536))
        throw .unterminatedQuote(place: place, hasBackslashes: start.hasBackslashQuote)
      case .end: return nil
      case .record(let length, let consumed):
        if length > limit { throw .recordTooLong(place: place, limit: limit) }
        let bytes = UnsafeBufferPointer(rebasing: window.bytes[..<length])
        line += 1 + (scanner.hasQuotes ? bytes.lineBreakCount : 0)
        let isValid = bytes.isValidUTF8
        let frame = Frame(
          bytes: isValid ? Array(bytes) : Array(String(decoding: bytes, as: UTF8.self).utf8),
          isRepaired: !isValid, line: place.line, endsWithCRLF: consumed - length == 2)
        window.consume(consumed)
        if !isValid {
          // The replacements moved the fields; only bytes above ASCII changed, so they are as many.
          scanner.reset()
          frame.bytes.withUnsafeBufferPointer { _ = scanner.scan($0, atEnd: true) }
        }
        return frame
      }
    }
  }
}
