import Quoting

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
  /// The output could not be created or written; `code` is the system's `errno`, and `rowsWritten`
  /// how many whole rows the system took before.
  case cannotWrite(file: String, code: Int32, rowsWritten: Int)
  /// The output is the file that is being read.
  case outputIsInput(file: String)
  /// The input begins like something other than UTF-8 text.
  case notText(file: String, found: String, remedy: String)
  /// A table without even a header.
  case noHeader(file: String)
  /// A header of more columns than any table has.
  case tooManyColumns(file: String, limit: Int)
  /// The header has no such column.
  case missingColumn(name: String, file: String, columns: [String])
  /// The header has the column more than once.
  case ambiguousColumn(name: String, file: String, count: Int)
  /// A column of a file of lines was asked for.
  case noColumns(name: String, file: String)
  /// A row has more or fewer fields than the header.
  case fieldCount(place: RecordPlace, expected: Int, found: Int, readsQuotes: Bool = true)
  /// A quote that opens in this row is never closed.
  case unterminatedQuote(place: RecordPlace)
  /// A record is longer than the reader allows; `limit` is in bytes.
  case recordTooLong(place: RecordPlace, limit: Int)
  /// A line is not JSON; `column` counts bytes of the line from 1.
  case malformedJSON(place: RecordPlace, column: Int, problem: String)
  /// A line is JSON, but no object.
  case notAnObject(place: RecordPlace, found: String)
  /// An object lacks a field.
  case missingField(name: String, place: RecordPlace, fields: [String])
  /// A field that must be a string is something else.
  case notAString(name: String, place: RecordPlace, found: String)
  /// An object has a field named like one to be added, which the first object did not have.
  case fieldExists(name: String, place: RecordPlace)

  public var description: String {
    switch self {
    case .cannotRead(let file, let code):
      return "cannot read \(printable(file)): \(SystemCall.reason(code))"
    case .cannotWrite(let file, let code, _):
      return "cannot write \(printable(file)): \(SystemCall.reason(code))"
    case .outputIsInput(let file):
      return "\(printable(file)) is both the input and the output: "
        + "write to another file, then rename it"
    case .notText(let file, let found, let remedy):
      return "\(printable(file)) is \(found), not UTF-8 text: \(remedy)"
    case .noHeader(let file):
      return "\(printable(file)) is empty: the first line must name the columns"
    case .tooManyColumns(let file, let limit):
      return "\(printable(file)): the header has more than \(limit) columns: "
        + "is this a table with a column a field?"
    case .missingColumn(let name, let file, let columns):
      return "\(printable(file)) has no column \(quoted(name)); "
        + "its columns are \(quotedList(columns))"
    case .ambiguousColumn(let name, let file, let count):
      return "\(printable(file)) has \(count) columns \(quoted(name)): "
        + "rename all but one of them"
    case .noColumns(let name, let file):
      return "\(printable(file)) is read as lines of text, which have no column "
        + "\(quoted(name)): give the format csv, tsv or jsonl"
    case .fieldCount(let place, let expected, let found, let readsQuotes):
      return "\(place): expected \(expected) field\(expected == 1 ? "" : "s") as in the header, "
        + "found \(found): "
        + Self.remedy(hasTooMany: found > expected, readsQuotes: readsQuotes)
    case .unterminatedQuote(let place):
      return "\(place): a quote that opens in this row is never closed: "
        + "close it, double the quotes inside the field, or give --no-quotes if quotes are "
        + "characters like any other"
    case .recordTooLong(let place, let limit):
      return "\(place): longer than \(limit) bytes: "
        + "split the text, or close the quote if one is left open"
    case .malformedJSON(let place, let column, let problem):
      return "\(place), byte \(column): not JSON: \(problem): each line must be one JSON object"
    case .notAnObject(let place, let found):
      return "\(place): expected a JSON object, found \(found): each line must be one JSON object"
    case .missingField(let name, let place, let fields):
      return "\(place): no field \(quoted(name)); the object has \(quotedList(fields))"
    case .notAString(let name, let place, let found):
      return "\(place): the field \(quoted(name)) is \(found): expected a string"
    case .fieldExists(let name, let place):
      return "\(place): already has a field \(quoted(name)), which row 1 has not: rename it, "
        + "or put a row that has it first"
    }
  }

  private static func remedy(hasTooMany: Bool, readsQuotes: Bool) -> String {
    switch (hasTooMany, readsQuotes) {
    case (true, true): "put quotes around fields that contain the separator"
    case (false, true): "fill the row up, or put quotes around a field that contains a line break"
    case (true, false):
      "take the separator out of the fields, or leave --no-quotes out if they are quoted"
    case (false, false): "fill the row up, or leave --no-quotes out if fields are quoted"
    }
  }
}
