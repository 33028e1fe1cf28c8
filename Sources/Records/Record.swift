/// One text of a file, with all that its row holds.
public struct Record: Sendable {
  /// The row's number from 1; the header of a table does not count, nor do lines skipped as blank.
  public let row: Int
  /// The line of the file the record begins on, from 1.
  public let line: Int
  /// The text; it may be empty.
  public let text: String
  /// The second text, where the reader was asked for a pair.
  public let pair: String?
  /// Whether the row held bytes that are not UTF-8, each replaced by U+FFFD as Python's
  /// `errors="replace"` does.
  public let repairedInvalidUTF8: Bool
  /// The row as it stands in the file, but for such replacements, and without its line ending; of
  /// a JSON line, the object alone. Always well-formed UTF-8.
  public let bytes: [UInt8]
  let content: Content

  enum Content: Sendable {
    case line
    case fields([FieldSpan], DelimitedHeader)
    case object
  }

  init(
    row: Int, line: Int, text: String, pair: String?, repairedInvalidUTF8: Bool, bytes: [UInt8],
    content: Content
  ) {
    self.row = row
    self.line = line
    self.text = text
    self.pair = pair
    self.repairedInvalidUTF8 = repairedInvalidUTF8
    self.bytes = bytes
    self.content = content
  }

  /// A text from elsewhere than a file, such as an argument of a command.
  public init(row: Int, text: String) {
    self.init(
      row: row, line: row, text: text, pair: nil, repairedInvalidUTF8: false,
      bytes: Array(text.utf8), content: .line)
  }

  /// What a column of a table holds, or a field of an object: a string's value, and any other
  /// value but null as JSON writes it (`1`, `true`). Nil for null, for the `NaN`, `Infinity` and
  /// `-Infinity` by which Python writes what is missing, where there is no such column, and for the
  /// lines of a text file.
  public subscript(column: String) -> String? {
    bytes.withUnsafeBufferPointer { bytes in
      switch content {
      case .line: nil
      case .fields(let spans, let header):
        header.index(of: column).map { spans[$0].value(in: bytes) }
      case .object: Self.member(column, of: bytes)?.value(in: bytes)
      }
    }
  }

  /// The names of the columns or fields, in order, as often as they occur; none for lines.
  public var columns: [String] {
    switch content {
    case .line: []
    case .fields(_, let header): header.names
    case .object: bytes.withUnsafeBufferPointer { Self.names(of: $0) }
    }
  }

  /// The last member of the name, which is the one that counts.
  static func member(
    _ name: String, of object: UnsafeBufferPointer<UInt8>
  ) -> JSONObjectScanner.Member? {
    var found: JSONObjectScanner.Member?
    // Records hold objects that were scanned before, so there is nothing to be thrown.
    _ = try? JSONObjectScanner.scan(object) { member in
      if member.isNamed(name, in: object) { found = member }
    }
    return found
  }

  static func names(of object: UnsafeBufferPointer<UInt8>) -> [String] {
    var names: [String] = []
    _ = try? JSONObjectScanner.scan(object) { names.append($0.decodedName(in: object)) }
    return names
  }
}

extension JSONObjectScanner.Member {
  /// Whether the name, its escapes resolved, is `other`, byte for byte.
  func isNamed(_ other: String, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    nameHasEscapes
      ? decodedName(in: bytes).utf8.elementsEqual(other.utf8)
      : name.count == other.utf8.count && bytes[name].elementsEqual(other.utf8)
  }

  func decodedName(in bytes: UnsafeBufferPointer<UInt8>) -> String {
    JSONText.decoded(UnsafeBufferPointer(rebasing: bytes[name]))
  }

  /// A string's value, and any other value as it is written: nil for null and what is not finite.
  func value(in bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let slice = UnsafeBufferPointer(rebasing: bytes[value])
    if kind == .null || kind == .notFinite { return nil }
    return valueHasEscapes ? JSONText.decoded(slice) : String(decoding: slice, as: UTF8.self)
  }
}
