import Files

/// The value of a field to be written.
public enum FieldValue: Sendable, Equatable {
  case string(String)
  /// Written with the fewest digits that read back to the same Float. JSON has no numbers that are
  /// not finite: they become null there.
  case number(Float)
  case integer(Int)
  /// A value that is written as JSON already, such as a list: in tables and lines it is text.
  case json(String)
  /// No value: an empty field, and null in JSON.
  case null

  /// As text: what tables and lines hold.
  var text: String {
    switch self {
    case .string(let string): string
    case .number(let number): number.description
    case .integer(let integer): String(integer)
    case .json(let json): json
    case .null: ""
    }
  }
}

/// Writes records as they came, with fields added to them.
///
/// - `csv` and `tsv`: the header and every row with the new columns at the end. Fields stand in
///   quotes only where RFC 4180 needs it, whatever the input did: any reader gets the same values.
///   Separator, line ending, byte-order mark and the line `sep=` are those of the input; the last
///   row has a line ending.
/// - `jsonl`: the object's own bytes (order, spacing, numbers as written), with the new fields
///   before the closing brace, and LF. Rows of a table become objects of strings, and lines objects
///   with the field `text`: ``RecordLayout/asObjects(of:)`` is the layout for these.
/// - `txt`: the new values, then the text, separated by tabs, and LF. In the values tabs and line
///   breaks become spaces, and so do line breaks in a text that did not come from a file.
///
/// Nothing of the input is overwritten: when one of the new names is taken, by a column of the
/// header or a field of the first object, all new names get the prefix `predicted_`, or
/// `predicted_2_` and so on when that is taken too. ``names`` and ``isRenamed`` tell.
public final class RecordWriter {
  /// The names under which the new fields are written.
  public let names: [String]
  /// Whether ``names`` are others than asked for: a command says so.
  public let isRenamed: Bool

  private let sink: ByteSink
  private let layout: RecordLayout
  /// Nil for formats without a header.
  private let table: DelimitedText?
  /// The names as JSON strings with the colon, made once.
  private let jsonNames: [[UInt8]]
  private let file: String

  /// Writes the header, where the format has one: also a file without rows has its columns.
  ///
  /// - Parameters:
  ///   - sink: Where the rows go.
  ///   - layout: The reader's ``RecordReader/layout``, or that of a new file.
  ///   - names: The names of the new fields, each once.
  ///   - input: The input's name, for messages.
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public init(
    to sink: ByteSink, layout: RecordLayout, adding names: [String], input: String = "the input"
  ) throws(RecordError) {
    self.sink = sink
    self.layout = layout
    self.names = Self.free(names, beside: layout.columns)
    isRenamed = self.names != names
    file = input
    jsonNames = self.names.map { name in
      var bytes: [UInt8] = []
      JSON.append(name, to: &bytes)
      return bytes + ":".utf8
    }
    table = layout.delimiter.map {
      DelimitedText(delimiter: $0, hasQuotes: layout.hasQuotes)
    }
    guard let table else { return }
    let header = layout.columns + self.names
    sink.withBuffer { buffer in
      if layout.hasByteOrderMark { buffer += Encoding.byteOrderMark }
      if layout.hasSeparatorLine {
        buffer += "sep=".utf8
        buffer += table.delimiter.bytes
        buffer += layout.lineEnding.rawValue.utf8
      }
      table.append(header, to: &buffer)
      buffer += layout.lineEnding.rawValue.utf8
    }
    try sink.endRow(isRow: false)
  }

  /// Writes a record with the new fields' values, as many as ``names``.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``, and for JSON lines
  ///   ``RecordError/fieldExists(name:place:)`` when an object has a field of the name that the
  ///   first one did not have: under another name the rows would differ, and twice in one object
  ///   readers would lose one. Nothing of that row is written.
  public func write(_ record: Record, _ values: [FieldValue]) throws(RecordError) {
    precondition(values.count == names.count, "a value for every name")
    if layout.format == .jsonl, let taken = takenName(in: record) {
      throw .fieldExists(
        name: taken, place: RecordPlace(file: file, row: record.row, line: record.line))
    }
    sink.withBuffer { buffer in
      if let table {
        appendFields(of: record, values, table, to: &buffer)
        buffer += layout.lineEnding.rawValue.utf8
      } else {
        if layout.format == .jsonl {
          appendObject(of: record, values, to: &buffer)
        } else {
          appendLine(of: record, values, to: &buffer)
        }
        buffer.append(0x0A)
      }
    }
    try sink.endRow()
  }

  private func appendFields(
    of record: Record, _ values: [FieldValue], _ table: DelimitedText, to buffer: inout [UInt8]
  ) {
    let start = buffer.count
    record.bytes.withUnsafeBufferPointer { bytes in
      guard case .fields(let spans, _) = record.content else {
        table.append([record.text], to: &buffer)
        return
      }
      for (index, span) in spans.enumerated() {
        if index > 0 { buffer += table.delimiter.bytes }
        table.append(span, of: bytes, to: &buffer)
      }
    }
    for value in values {
      buffer += table.delimiter.bytes
      table.append(value.text, to: &buffer)
    }
    table.endRow(from: start, in: &buffer)
  }

  private func appendObject(
    of record: Record, _ values: [FieldValue], to buffer: inout [UInt8]
  ) {
    switch record.content {
    case .object: buffer += record.bytes.dropLast()
    case .fields(let spans, let header): appendMembers(of: record, spans, header, to: &buffer)
    case .line:
      buffer += "{\"text\":".utf8
      JSON.append(record.text, to: &buffer)
    }
    var isFirst = buffer.last == UInt8(ascii: "{")
    for (name, value) in zip(jsonNames, values) {
      if !isFirst { buffer.append(UInt8(ascii: ",")) }
      isFirst = false
      buffer += name
      switch value {
      case .string(let string): JSON.append(string, to: &buffer)
      case .null: buffer += "null".utf8
      case .number(let number) where !number.isFinite: buffer += "null".utf8
      case .number, .integer, .json: buffer += value.text.utf8
      }
    }
    buffer.append(UInt8(ascii: "}"))
  }

  private func appendMembers(
    of record: Record, _ spans: [FieldSpan], _ header: DelimitedHeader, to buffer: inout [UInt8]
  ) {
    record.bytes.withUnsafeBufferPointer { bytes in
      for (index, (name, span)) in zip(header.names, spans).enumerated() {
        buffer.append(UInt8(ascii: index == 0 ? "{" : ","))
        JSON.append(name, to: &buffer)
        buffer.append(UInt8(ascii: ":"))
        JSON.append(span.value(in: bytes), to: &buffer)
      }
    }
  }

  private func appendLine(of record: Record, _ values: [FieldValue], to buffer: inout [UInt8]) {
    for value in values {
      buffer += value.text.utf8.lazy.map { 0x09...0x0D ~= $0 ? 0x20 : $0 }
      buffer.append(0x09)
    }
    buffer += record.text.utf8.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
  }

  private func takenName(in record: Record) -> String? {
    guard case .object = record.content else { return nil }
    return record.bytes.withUnsafeBufferPointer { bytes in
      var taken: String?
      // Records hold objects that were scanned before, so there is nothing to be thrown.
      _ = try? JSONObjectScanner.scan(bytes) { member in
        for name in names where member.isNamed(name, in: bytes) { taken = name }
      }
      return taken
    }
  }

  /// The names with the first prefix that leaves none of them taken.
  private static func free(_ names: [String], beside columns: [String]) -> [String] {
    let taken = Set(columns.map { Array($0.utf8) })
    var candidates = names
    var attempt = 1
    while candidates.contains(where: { taken.contains(Array($0.utf8)) }) {
      let prefix = attempt == 1 ? "predicted_" : "predicted_\(attempt)_"
      candidates = names.map { prefix + $0 }
      attempt += 1
    }
    return candidates
  }
}
