extension RecordFormat {
  /// The format that the first line tells, for input without a telling name, and of a table the
  /// separator.
  ///
  /// A line that is a whole JSON object makes it `jsonl`; a line of two or more fields, one of them
  /// the wanted column of texts, makes it `csv` or `tsv`, and so does the line `sep=;` of
  /// spreadsheets; all else is `txt`. A header of the text column alone stays `txt`, unless someone
  /// named that column: it may as well be a text, and a header would not be classified. What begins
  /// as JSON over several lines is `jsonl` too, whose reader tells what is wrong with it.
  ///
  /// - Throws: ``RecordError/cannotRead(file:code:)``; for a first line that is a header, but has the
  ///   column in other letters, ``RecordError/missingColumn(name:file:columns:separator:)``; and
  ///   ``RecordError/ambiguousDelimiter(file:name:delimiters:)``.
  static func detected(
    in window: ByteWindow, columns: WantedColumns, readsQuotes: Bool, maximumRecordSize: Int
  ) throws(RecordError) -> (format: RecordFormat, delimiter: Delimiter?) {
    // The first line with something on it; a reader skips those before it in every format but txt.
    var searched = 0
    var lineStart = 0
    while true {
      let bytes = window.bytes
      if let end = bytes.firstLineEnd(from: searched, atEnd: window.isAtEnd) {
        searched = end + 1
        if bytes[lineStart..<end].allSatisfy({ $0 <= 0x20 }) {
          lineStart = searched
          continue
        }
        break
      }
      searched = max(0, bytes.count - 1)
      if window.isAtEnd || searched > maximumRecordSize {
        searched = bytes.count
        break
      }
      try window.fill()
    }
    let line = UnsafeBufferPointer(rebasing: window.bytes[lineStart..<searched])
    let rest = UnsafeBufferPointer(rebasing: window.bytes[searched...])
    if isJSON(line, before: rest) { return (.jsonl, nil) }
    let headers = Delimiter.candidates.compactMap { delimiter -> TableHeader? in
      var scanner = DelimitedScanner(
        delimiter: delimiter, readsQuotes: readsQuotes, fieldLimit: 65_536)
      guard case .record = scanner.scan(line, atEnd: true) else { return nil }
      return TableHeader(
        delimiter: delimiter, names: scanner.spans.map { $0.value(in: line) })
    }
    let file = window.source.name
    let tables = headers.filter { $0.names.count > 1 }
    if let found = try TableHeader.chosen(among: tables, columns, of: file) {
      return (found.delimiter == .tab ? .tsv : .csv, found.delimiter)
    }
    if columns.isTextNamed, let alone = headers.first, columns.areIn(alone.names) {
      return (.csv, alone.delimiter)
    }
    let wanted = columns.text.lowercased()
    if let similar = tables.first(where: { $0.names.contains { $0.lowercased() == wanted } }) {
      throw .missingColumn(
        name: columns.text, file: file, columns: similar.names,
        separator: similar.delimiter == .comma ? nil : similar.delimiter.text)
    }
    return (.txt, nil)
  }

  /// Whether a first line is JSON, be it the first one of a value that goes on over others.
  private static func isJSON(
    _ line: UnsafeBufferPointer<UInt8>, before rest: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    var hasMembers = false
    do throws(JSONObjectScanner.Failure) {
      try JSONObjectScanner.scan(line) { _ in hasMembers = true }
      return true
    } catch {
      switch (error, JSONShape(line, before: rest)) {
      case (.notAnObject, .arrayOfObjects), (.malformed, .arrayOfObjects): return true
      case (.malformed(let offset, _), .object):
        // `{"a": 1,` or a brace alone with a name on the next line, not `{"` in a sentence.
        return offset >= line.count && (hasMembers || rest.isNonEmptyMemberStart)
      default: return false
      }
    }
  }
}

/// What a value that is no JSON line begins as.
enum JSONShape {
  case arrayOfObjects, array, object

  init?(_ line: UnsafeBufferPointer<UInt8>, before rest: UnsafeBufferPointer<UInt8>) {
    var visible = [line[...], rest[...]].lazy.flatMap { $0 }.filter { $0 > 0x20 }.prefix(2)
      .makeIterator()
    switch (visible.next(), visible.next()) {
    case (UInt8(ascii: "["), UInt8(ascii: "{")): self = .arrayOfObjects
    case (UInt8(ascii: "["), _): self = .array
    case (UInt8(ascii: "{"), _): self = .object
    default: return nil
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether a name in quotes is what comes first.
  fileprivate var isNonEmptyMemberStart: Bool {
    first { $0 > 0x20 } == UInt8(ascii: "\"")
  }
}
