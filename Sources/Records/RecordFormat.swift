/// How a file holds its texts.
public enum RecordFormat: String, Sendable, CaseIterable {
  /// Every line is a text.
  case txt
  /// RFC 4180: a header, and fields separated by commas.
  case csv
  /// A header, and fields separated by tabs, quoted by the rules of CSV.
  case tsv
  /// https://jsonlines.org: a JSON object a line.
  case jsonl

  /// The format that a path's extension tells, in any case: nil for others, and for "-".
  public init?(path: String) {
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

  /// The separator of a table's fields: nil where there are none.
  var delimiter: UInt8? {
    switch self {
    case .csv: UInt8(ascii: ",")
    case .tsv: UInt8(ascii: "\t")
    case .txt, .jsonl: nil
    }
  }
}

extension RecordFormat {
  /// The format that the first line tells, for input without a telling name.
  ///
  /// A line that is a whole JSON object makes it `jsonl`; a line of two or more fields, one of them
  /// named `textColumn`, makes it `csv` or `tsv`; all else is `txt`. A header of the text column
  /// alone stays `txt`: it may as well be a text, and a header would not be classified.
  ///
  /// - Throws: ``RecordError/cannotRead(file:code:)``.
  static func detected(
    in window: ByteWindow, textColumn: String, readsQuotes: Bool, maximumRecordSize: Int
  ) throws(RecordError) -> RecordFormat {
    // The first line with something on it; a reader skips those before it in every format but txt.
    var searched = 0
    var lineStart = 0
    while true {
      let bytes = window.bytes
      if let end = bytes.firstIndex(of: 0x0A, from: searched) {
        searched = end + 1
        if bytes[lineStart..<end].allSatisfy({ $0 <= 0x20 }) {
          lineStart = searched
          continue
        }
        break
      }
      searched = bytes.count
      if window.isAtEnd || searched > maximumRecordSize { break }
      try window.fill()
    }
    let line = UnsafeBufferPointer(rebasing: window.bytes[lineStart..<searched])
    if (try? JSONObjectScanner.scan(line) { _ in }) != nil { return .jsonl }
    for format in [RecordFormat.csv, .tsv] {
      guard let delimiter = format.delimiter else { continue }
      var scanner = DelimitedScanner(
        delimiter: delimiter, readsQuotes: readsQuotes, fieldLimit: 65_536)
      guard case .record = scanner.scan(line, atEnd: true), scanner.fieldCount > 1 else { continue }
      let names = scanner.spans.map { $0.value(in: line) }
      if names.contains(where: { $0.utf8.elementsEqual(textColumn.utf8) }) { return format }
    }
    return .txt
  }
}
