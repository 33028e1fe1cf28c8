public import Files

/// A place between two rows of an input, by which the rows before it are known again.
public struct InputPosition: Sendable, Equatable {
  public let rows: Int
  /// Of the input, with its header, up to here.
  public let bytes: Int
  /// Of these bytes.
  public let digest: UInt64

  public init(rows: Int, bytes: Int, digest: UInt64) {
    self.rows = rows
    self.bytes = bytes
    self.digest = digest
  }
}

/// Reads texts from a file of lines, CSV, TSV or JSON lines, in order and in constant memory.
///
/// What all formats share:
/// - The input is UTF-8; a byte-order mark at its start is skipped. Bytes that are not UTF-8 become
///   U+FFFD, and the rows that had some are counted.
/// - Every row is read or an error tells which one is not: none is skipped. After an error, `next`
///   throws it again.
/// - A record may be `maximumRecordSize` bytes long, so that a quote left open in an endless stream
///   ends in an error.
///
/// `txt`: every line is a text, an empty one too; lines end with LF, CRs and LF, or CR alone, and the
/// last needs no ending.
///
/// `csv` (RFC 4180) and `tsv` (the same with tabs), as Python's csv module reads them: the first
/// record is the header, unless the line `sep=;` of spreadsheets comes before. Where the usual
/// separator does not find the wanted column in the header, that one of comma, semicolon, tab and
/// `|` is taken which does. Records end with LF, CR LF or CR. A quote inside an unquoted field is
/// itself, and text behind a closing quote is appended to the field. A row must have as many fields
/// as the header. Blank lines are skipped, but in a table of one column a blank line is a row whose
/// text is empty: some programs write it so, and a text must not be lost. NUL is a character.
///
/// `jsonl` (jsonlines.org): every line is an object (RFC 8259, checked in full); blank lines are
/// skipped. Of a name that repeats the last value counts, as in Python. Lone surrogates in escapes
/// become U+FFFD in texts.
///
/// A reader is for one thread at a time; its records cross threads.
public final class RecordReader {
  /// The format asked for, or the one found.
  public var format: RecordFormat { layout.format }
  /// What a ``RecordWriter`` needs to write a file like this one.
  public let layout: RecordLayout
  /// How many rows have been read.
  public private(set) var rowsRead = 0
  /// How many of these rows held bytes that are not UTF-8.
  public private(set) var rowsWithInvalidUTF8 = 0
  /// The numbers of the first ten such rows.
  public private(set) var firstRowsWithInvalidUTF8: [Int] = []

  /// What `maximumRecordSize` is unless told: 256 MiB.
  public static let defaultMaximumRecordSize = 256 * 1024 * 1024

  private let window: ByteWindow
  private let maximumRecordSize: Int
  private let parser: Parser
  private let textTemplate: TextTemplate?
  private var line: Int
  private var failure: RecordError?
  /// The first objects of JSON lines, up to one that tells names.
  private var ahead: [Ahead] = []
  /// The place behind the last row, where more were read.
  private var placeInAhead: (bytes: Int, digest: UInt64)?

  private struct Ahead {
    let row: Result<ReadRow?, RecordError>
    let bytes: Int
    let digest: UInt64
  }

  /// Past so many lines that are no objects, names are not looked for.
  private static let mostAhead = 100

  private enum Parser {
    case lines
    case table(TableParser)
    case objects(ObjectParser)
  }

  /// Opens a file, or standard input for the path "-", and reads its header.
  ///
  /// - Parameters:
  ///   - path: Of the file; "-" for standard input.
  ///   - format: How the file holds its texts: nil to go by the path's extension, and for others by
  ///     the first line (``RecordFormat``).
  ///   - textColumn: The column or field of the texts; not used for `txt`.
  ///   - textTemplate: Makes the text of several columns or fields, and then `textColumn` and
  ///     `textMayBeMissing` are not used.
  ///   - textMayBeMissing: Whether a file without that column is read too, with empty texts.
  ///   - pairColumn: The column or field of the second texts, if there are such.
  ///   - requiredColumns: More columns that must be there, for ``Record/subscript(_:)``. In JSON
  ///     lines every object must have them, and not as null, unless `requiredMayBeMissing` says so.
  ///   - requiredMayBeMissing: Whether objects of JSON lines may lack the required fields.
  ///   - readsQuotes: Whether fields of CSV and TSV may stand in quotes (RFC 4180); else a quote is
  ///     a character like any other, and every line a row.
  ///   - delimiter: What separates the fields of a table, where the header need not tell.
  ///   - isTextColumnNamed: Whether someone named the column of the texts, so that a first line of
  ///     its name alone is a header.
  ///   - maximumRecordSize: How many bytes a record may have; a reader of such records takes some
  ///     three times as much memory.
  /// - Throws: ``RecordError``.
  public convenience init(
    path: String, format: RecordFormat? = nil, textColumn: String = "text",
    textTemplate: TextTemplate? = nil, textMayBeMissing: Bool = false, pairColumn: String? = nil,
    requiredColumns: [String] = [], requiredMayBeMissing: Bool = false, readsQuotes: Bool = true,
    delimiter: Delimiter? = nil, isTextColumnNamed: Bool = false,
    maximumRecordSize: Int = defaultMaximumRecordSize
  ) throws(RecordError) {
    try self.init(
      ByteSource(path: path), format: format ?? RecordFormat(path: path), textColumn: textColumn,
      textTemplate: textTemplate, textMayBeMissing: textMayBeMissing, pairColumn: pairColumn,
      requiredColumns: requiredColumns, requiredMayBeMissing: requiredMayBeMissing,
      readsQuotes: readsQuotes, delimiter: delimiter, isTextColumnNamed: isTextColumnNamed,
      maximumRecordSize: maximumRecordSize)
  }

  /// Reads from a source: as above, but for nil as the format goes by the first line alone.
  public init(
    _ source: ByteSource, format: RecordFormat? = nil, textColumn: String = "text",
    textTemplate: TextTemplate? = nil, textMayBeMissing: Bool = false, pairColumn: String? = nil,
    requiredColumns: [String] = [], requiredMayBeMissing: Bool = false, readsQuotes: Bool = true,
    delimiter: Delimiter? = nil, isTextColumnNamed: Bool = false,
    maximumRecordSize: Int = defaultMaximumRecordSize
  ) throws(RecordError) {
    let window = ByteWindow(source)
    self.window = window
    self.textTemplate = textTemplate
    let textColumn = textTemplate?.columns.first ?? textColumn
    let textMayBeMissing = textMayBeMissing || textTemplate != nil
    self.maximumRecordSize = maximumRecordSize
    // A first line shorter than a mark is not waited past: a person may be typing.
    while window.bytes.count < 4, !window.isAtEnd, !window.bytes.contains(0x0A) {
      try window.fill()
    }
    while window.bytes.count < Encoding.sampleSize, !window.isAtEnd, source.isReadable(within: 0) {
      try window.fill()
    }
    try Encoding.check(window.bytes, of: source.name)
    let hasByteOrderMark = window.bytes.starts(with: Encoding.byteOrderMark)
    if hasByteOrderMark { window.consume(Encoding.byteOrderMark.count) }

    line = 1
    var separatorLine: (delimiter: Delimiter, length: Int, endsWithCRLF: Bool)?
    if format != .txt, format != .jsonl { separatorLine = try SeparatorLine.find(in: window) }
    if let separatorLine {
      window.consume(separatorLine.length)
      line += 1
    }
    var found = format
    var separator = delimiter ?? separatorLine?.delimiter
    if found == nil, let separator { found = separator == .tab ? .tsv : .csv }
    let columns = WantedColumns(
      text: textColumn, isTextNamed: isTextColumnNamed || textTemplate != nil,
      others: [pairColumn].compactMap { $0 } + requiredColumns + (textTemplate?.columns ?? []))
    if found == nil {
      let detected = try RecordFormat.detected(
        in: window, columns: columns, readsQuotes: readsQuotes,
        maximumRecordSize: maximumRecordSize)
      found = detected.format
      separator = detected.delimiter
    }
    switch found ?? .txt {
    case .txt:
      if let column = pairColumn ?? requiredColumns.first ?? textTemplate?.columns.first {
        throw .noColumns(name: column, file: source.name)
      }
      parser = .lines
      layout = RecordLayout(format: .txt)
    case .jsonl:
      let objects = ObjectParser(
        textColumn: textColumn, textMayBeMissing: textMayBeMissing, pairColumn: pairColumn,
        requiredColumns: requiredColumns, requiredMayBeMissing: requiredMayBeMissing)
      parser = .objects(objects)
      var columns: [String]?
      while columns == nil {
        let row: Result<ReadRow?, RecordError>
        do throws(RecordError) {
          row = .success(
            try objects.next(
              in: window, row: ahead.count + 1, line: &line, limit: maximumRecordSize))
        } catch {
          row = .failure(error)
        }
        ahead.append(Ahead(row: row, bytes: window.bytesConsumed, digest: window.digest.value))
        switch row {
        case .success(.record(let record)?): columns = record.columns
        case .success(.rejected(let row)?) where row.hasNames: columns = row.record.columns
        case .success(.rejected?)
        where ahead.count < Self.mostAhead && Self.isReady(window): continue
        default: columns = []
        }
      }
      layout = RecordLayout(format: .jsonl, columns: columns ?? [])
    case let table:
      let usual = table.usualDelimiter ?? .comma
      if separator == nil {
        separator = try TableHeader.delimiter(
          usual: usual, in: window, columns: columns, readsQuotes: readsQuotes,
          limit: maximumRecordSize)
      }
      let (tableParser, ending) = try TableParser.open(
        window, delimiter: separator ?? usual, readsQuotes: readsQuotes,
        textColumn: textColumn, textMayBeMissing: textMayBeMissing, pairColumn: pairColumn,
        requiredColumns: requiredColumns + (textTemplate?.columns ?? []), line: &line,
        limit: maximumRecordSize)
      parser = .table(tableParser)
      layout = RecordLayout(
        format: table, columns: tableParser.header.names, lineEnding: ending,
        hasByteOrderMark: hasByteOrderMark, hasQuotes: readsQuotes, delimiter: separator,
        hasSeparatorLine: separatorLine != nil)
    }
  }

  /// The file's name for messages.
  public var name: String { window.source.name }
  /// Which file is read: for ``ByteSink/init(path:notOverwriting:)``.
  public var identity: FileIdentity? { window.source.identity }
  /// How many bytes there are in all, as they are stored, where that is known: for a progress bar.
  public var totalBytes: Int? { window.source.totalBytes }
  /// Whether the input is compressed.
  public var isPacked: Bool { window.source.isPacked }
  /// How many of these the rows read so far took, with the header; of a compressed file about so many.
  public var bytesConsumed: Int {
    window.source.isPacked ? window.source.storedBytesRead : position.bytes
  }
  /// How far the rows read so far lead into the input, and what they hold.
  public var position: InputPosition {
    let place = placeInAhead ?? (window.bytesConsumed, window.digest.value)
    return InputPosition(rows: rowsRead, bytes: place.bytes, digest: place.digest)
  }

  /// Reads up to where an earlier reader of the same input was.
  ///
  /// - Throws: ``RecordError/inputChanged(file:rows:)`` where what stands before that is not the same,
  ///   and what ``next()`` throws.
  public func skip(to position: InputPosition) throws(RecordError) {
    while rowsRead < position.rows {
      guard try nextRow() != nil else { throw .inputChanged(file: name, rows: position.rows) }
    }
    guard self.position == position else {
      throw .inputChanged(file: name, rows: position.rows)
    }
  }

  /// Whether ``next()`` can go on without waiting for whoever writes the input: there is a line end
  /// in what was read, or more to be read at once.
  public var isInputReady: Bool {
    !ahead.isEmpty || failure != nil || Self.isReady(window)
  }

  private static func isReady(_ window: ByteWindow) -> Bool {
    window.isAtEnd || window.bytes.firstLineEnd(from: 0, atEnd: false) != nil
      || window.source.isReadable(within: 0)
  }

  /// Waits for more input or the end of it, but no longer than some time: nil for any time, which a
  /// signal may cut short. Whether there is some.
  public func waitForInput(milliseconds: Int32?) -> Bool {
    isInputReady || window.source.isReadable(within: milliseconds)
  }

  /// The next row, or nil at the end.
  ///
  /// - Throws: ``RecordError``, and the same again from then on.
  public func next() throws(RecordError) -> Record? {
    switch try nextRow() {
    case .record(let record)?: return record
    case .rejected(let row)?:
      rowsRead -= 1
      failure = row.fault
      throw row.fault
    case nil: return nil
    }
  }

  /// The next row, or what is wrong with it, or nil at the end. Behind a row that is rejected there may
  /// be others; both kinds count as rows.
  ///
  /// - Throws: ``RecordError`` for what is not of one row, and the same again from then on.
  public func nextRow() throws(RecordError) -> ReadRow? {
    if let failure { throw failure }
    do throws(RecordError) {
      guard var row = try readRow() else { return nil }
      if let textTemplate, case .record(let record) = row {
        do throws(RecordError) {
          row = .record(try textTemplate.applied(to: record, of: name))
        } catch {
          row = .rejected(RejectedRow(record: record, bytes: record.bytes, fault: error))
        }
      }
      rowsRead += 1
      if case .record(let record) = row, record.repairedInvalidUTF8 {
        rowsWithInvalidUTF8 += 1
        if firstRowsWithInvalidUTF8.count < 10 { firstRowsWithInvalidUTF8.append(record.row) }
      }
      return row
    } catch {
      failure = error
      throw error
    }
  }

  private func readRow() throws(RecordError) -> ReadRow? {
    let row = rowsRead + 1
    placeInAhead = nil
    switch parser {
    case .lines:
      guard let found = try window.nextLine(row: row, line: &line, limit: maximumRecordSize) else {
        return nil
      }
      return .record(
        Record(
          row: row, line: found.line, text: String(decoding: found.bytes, as: UTF8.self),
          pair: nil, repairedInvalidUTF8: found.isRepaired, bytes: found.bytes, content: .line))
    case .table(let table):
      return try table.next(in: window, row: row, line: &line, limit: maximumRecordSize)
    case .objects(let objects):
      if !ahead.isEmpty {
        let first = ahead.removeFirst()
        placeInAhead = (first.bytes, first.digest)
        return try first.row.get()
      }
      return try objects.next(in: window, row: row, line: &line, limit: maximumRecordSize)
    }
  }
}
