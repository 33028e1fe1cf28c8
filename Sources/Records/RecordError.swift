public import Files

/// Where a record is, as a person counts.
public struct RecordPlace: Sendable, Equatable, CustomStringConvertible {
  /// The file, or "standard input".
  public let file: String
  /// The record's number from 1; the header of a table does not count.
  public let row: Int
  /// The line of the file the record begins on, from 1.
  public let line: Int

  public init(file: String, row: Int, line: Int) {
    self.file = file
    self.row = row
    self.line = line
  }

  public var description: String {
    let place = "\(printable(file)): row \(row)"
    return row == line ? place : "\(place) (line \(line))"
  }
}

/// Why records could not be read or written: `description` is one line that says what, where and
/// how to mend it.
public enum RecordError: DescribedError, Equatable, Sendable {
  /// The input could not be opened or read; `code` is the system's `errno`.
  case cannotRead(file: String, code: Int32)
  /// A compressed file that cannot be unpacked.
  case damaged(file: String, problem: String)
  /// A file that became shorter while it was read, so that rows of it may be missing.
  case shrunk(file: String, bytesRead: Int, expected: Int)
  /// The output could not be created or written; `code` is the system's `errno`, and `rowsWritten`
  /// how many whole rows the system took before.
  case cannotWrite(file: String, code: Int32, rowsWritten: Int)
  /// The output is the file that is being read.
  case outputIsInput(file: String)
  /// Rows that were read before are no longer what they were.
  case inputChanged(file: String, rows: Int)
  /// An output that was written in part is no longer what it was.
  case outputChanged(file: String, rows: Int)
  /// Another process is writing the output; `process` is its number.
  case outputInUse(file: String, process: Int)
  /// The input begins like something other than UTF-8 text.
  case notText(file: String, found: String, remedy: TextRemedy)
  /// A table without even a header.
  case noHeader(file: String)
  /// A header of more columns than any table has.
  case tooManyColumns(file: String, limit: Int)
  /// The header has no such column.
  case missingColumn(name: String, file: String, columns: [String], separator: String? = nil)
  /// Several separators find the column in the header.
  case ambiguousDelimiter(file: String, name: String, delimiters: [String])
  /// The header has the column more than once.
  case ambiguousColumn(name: String, file: String, count: Int)
  /// A column of a file of lines was asked for.
  case noColumns(name: String, file: String)
  /// A row has more or fewer fields than the header.
  case fieldCount(
    place: RecordPlace, expected: Int, found: Int, cause: FieldCountCause = .unknown)
  /// A quote that opens in this row is never closed.
  case unterminatedQuote(place: RecordPlace, hasBackslashes: Bool = false)
  /// A record is longer than the reader allows; `limit` is in bytes.
  case recordTooLong(place: RecordPlace, limit: Int)
  /// A line is not JSON; `column` counts bytes of the line from 1.
  case malformedJSON(place: RecordPlace, column: Int, problem: String)
  /// A line is JSON, but no object.
  case notAnObject(place: RecordPlace, found: String)
  /// The input is JSON, but not a value a line; `filter` is what makes lines of it in jq.
  case notJSONLines(file: String, found: String, filter: String)
  /// An object lacks a field.
  case missingField(name: String, place: RecordPlace, fields: [String])
  /// A field that must be a string is something else.
  case notAString(name: String, place: RecordPlace, found: String)
  /// An object has a field named like one to be added, which the first object did not have.
  case fieldExists(name: String, place: RecordPlace)

  public var description: String {
    switch self {
    case .cannotRead(let file, let code):
      return "cannot read \(printable(file)): \(SystemFailure(code: code).reason)"
    case .damaged(let file, let problem):
      return "\(printable(file)) cannot be unpacked: \(problem); get the file again"
    case .shrunk(let file, let bytesRead, let expected):
      return
        "\(printable(file)) became shorter while it was read: \(bytesRead) of its \(expected) bytes "
        + "were there, and rows are missing; let nothing write to it meanwhile"
    case .cannotWrite(let file, let code, _):
      return "cannot write \(printable(file)): \(SystemFailure(code: code).reason)"
    case .outputIsInput(let file):
      return "\(printable(file)) is both the input and the output: "
        + "write to another file, then rename it"
    case .inputChanged(let file, let rows):
      return "\(printable(file)): the first \(rows) rows are not those that were read before: "
        + "give the same input, which may have more rows at its end"
    case .outputChanged(let file, let rows):
      return "\(printable(file)) does not hold the \(rows) rows that were written before: "
        + "put the file back, or begin anew"
    case .outputInUse(let file, let process):
      return "process \(process) is writing \(printable(file)): "
        + "wait for its end, or name another file"
    case .notText(let file, let found, let remedy):
      return "\(printable(file)) is \(found), not UTF-8 text: \(remedy)"
    case .noHeader(let file):
      return "\(printable(file)) is empty: the first line must name the columns"
    case .tooManyColumns(let file, let limit):
      return "\(printable(file)): the header has more than \(limit) columns: "
        + "is this a table with a column a field?"
    case .missingColumn(let name, let file, let columns, let separator):
      let between = separator.map { " (between \(quoted($0)))" } ?? ""
      return "\(printable(file)) has no column \(quoted(name)); "
        + "its columns\(between) are \(quotedList(columns))\(Self.lookalike(of: name, in: columns))"
    case .ambiguousDelimiter(let file, let name, let delimiters):
      return "\(printable(file)): the header has a column \(quoted(name)) with each of the "
        + "separators \(quotedList(delimiters)): name one of them"
    case .ambiguousColumn(let name, let file, let count):
      return "\(printable(file)) has \(count) columns \(quoted(name)): "
        + "rename all but one of them"
    case .noColumns(let name, let file):
      return "\(printable(file)) is read as lines of text, which have no column "
        + "\(quoted(name)): give the format csv, tsv or jsonl"
    case .fieldCount(let place, let expected, let found, let cause):
      return "\(place): expected \(expected) field\(expected == 1 ? "" : "s") as in the header, "
        + "found \(found): "
        + cause.remedy(surplus: found - expected)
    case .unterminatedQuote(let place, hasBackslashes: true):
      return "\(place): a quote that opens in this row is never closed: "
        + "\(FieldCountCause.doubledQuotes)"
    case .unterminatedQuote(let place, hasBackslashes: false):
      return "\(place): a quote that opens in this row is never closed: "
        + "close it, double the quotes inside the field, or take quotes for characters like any other"
    case .recordTooLong(let place, let limit):
      return "\(place): longer than \(limit) bytes: "
        + "split the text, or close the quote if one is left open"
    case .malformedJSON(let place, let column, let problem):
      return "\(place), byte \(column): not JSON: \(problem): each line must be one JSON object"
    case .notAnObject(let place, let found):
      return "\(place): expected a JSON object, found \(found): each line must be one JSON object"
    case .notJSONLines(let file, let found, let filter):
      return "\(printable(file)) is \(found), not JSON lines: "
        + "make a line of each object with jq -c '\(filter)' \(fileWord(file))"
    case .missingField(let name, let place, let fields):
      return "\(place): no field \(quoted(name)); the object has \(quotedList(fields))"
        + Self.lookalike(of: name, in: fields)
    case .notAString(let name, let place, "null"):
      let field = jqField(name)
      return "\(place): the field \(quoted(name)) is null: expected a string: "
        + "fill it in, or leave such rows out with jq -c 'select(\(field) != null)'"
    case .notAString(let name, let place, JSONObjectScanner.Kind.notFinite.rawValue):
      // jq reads NaN as null and may not read Infinity: no filter of it is a remedy.
      return "\(place): the field \(quoted(name)) is NaN or infinite: expected a string: "
        + "fill it in, or leave such rows out"
    case .notAString(let name, let place, let found):
      let field = jqField(name)
      return "\(place): the field \(quoted(name)) is \(found): expected a string: "
        + "put it in quotes, for all rows with jq -c '\(field) |= tostring'"
    case .fieldExists(let name, let place):
      return "\(place): already has a field \(quoted(name)), which row 1 has not: rename it, "
        + "or put a row that has it first"
    }
  }

  /// Tells of a name that looks the same and has other code points.
  private static func lookalike(of name: String, in columns: [String]) -> String {
    let other = columns.first { $0 == name && !$0.utf8.elementsEqual(name.utf8) }
    guard let other else { return "" }
    let points = other.unicodeScalars.map { $0.isASCII ? String($0) : "\\u{\(hexadecimal($0))}" }
    return ", which only looks the same: it is written '\(points.joined())'"
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    String(scalar.value, radix: 16)
  }
}

/// What makes text of a file that is none.
public enum TextRemedy: Equatable, Sendable, CustomStringConvertible {
  case advice(String)
  /// A command of the shell that writes the text to its output, and the format that the text then has,
  /// where the file's name told of one.
  case unpacking(command: String, format: RecordFormat?)

  public var description: String {
    switch self {
    case .advice(let advice): advice
    case .unpacking(let command, _): "unpack it: \(command)"
    }
  }
}

/// What a row tells of why it has another number of fields than the header.
public enum FieldCountCause: Equatable, Sendable {
  case unknown
  /// Quotes are characters like any other.
  case quotesNotRead
  /// Nothing follows the last separators, as many as are too many.
  case trailingSeparator
  /// Quotes inside fields stand behind a backslash.
  case backslashQuotes

  static let doubledQuotes =
    "double the quotes inside a field (\"\"), which a backslash before them does not escape in CSV"

  /// - Parameter surplus: How many fields are too many.
  fileprivate func remedy(surplus: Int) -> String {
    switch self {
    case .trailingSeparator:
      surplus == 1
        ? "the row ends with a separator and nothing behind it: take it out, or end the header "
          + "with one too"
        : "the row ends with \(surplus) separators and nothing behind them: take them out, or end "
          + "the header so too"
    case .backslashQuotes: Self.doubledQuotes
    case .quotesNotRead where surplus > 0:
      "take the separator out of the fields or, if they are quoted, have quotes read"
    case .quotesNotRead: "fill the row up or, if fields are quoted, have quotes read"
    case .unknown where surplus > 0: "put quotes around fields that contain the separator"
    case .unknown: "fill the row up, or put quotes around a field that contains a line break"
    }
  }
}

/// A field of an object as jq takes it inside single quotes.
private func jqField(_ name: String) -> String {
  let isPlain = name.utf8.allSatisfy { byte in
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "_")
  }
  if isPlain, !name.isEmpty { return ".\(name)" }
  return name.contains("'") ? ".FIELD" : ".[\(printable(JSON.quote(name)))]"
}
