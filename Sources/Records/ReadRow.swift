import Files

/// What a reader found where a row is.
public enum ReadRow: Sendable {
  case record(Record)
  case rejected(RejectedRow)
}

/// A row that is none of what was asked for; behind it there may be others that are.
public struct RejectedRow: Sendable {
  /// What there is of it: the fields of a table's row, filled up or cut to as many as the header has; an
  /// object without the text; of a line that is no object, an object with the line as the field `raw`.
  public let record: Record
  /// The row as it stands in the file, also where that is no UTF-8, without its line ending.
  public let bytes: [UInt8]
  /// What is wrong with it.
  public let fault: RecordError

  init(record: Record, bytes: [UInt8], fault: RecordError) {
    self.record = record
    self.bytes = bytes
    self.fault = fault
  }

  /// Whether the names of its fields are those of the others, as far as one can tell.
  var hasNames: Bool {
    switch fault {
    case .malformedJSON, .notAnObject: false
    default: true
    }
  }
}

extension Record {
  /// The field of an object that holds a line which is none.
  static let rawField = "raw"

  /// A row of which no field is known: an object with all of it as the field `raw`.
  public static func raw(_ bytes: [UInt8], row: Int, line: Int) -> Record {
    let text = String(decoding: bytes, as: UTF8.self)
    var object: [UInt8] = []
    object += "{\"\(rawField)\":".utf8
    JSON.append(text, to: &object)
    object.append(UInt8(ascii: "}"))
    return Record(
      row: row, line: line, text: text, pair: nil,
      repairedInvalidUTF8: !text.utf8.elementsEqual(bytes), bytes: object, content: .object)
  }
}

extension RecordError {
  /// Whether it is about one row, behind which reading can go on.
  public var isOfOneRow: Bool {
    switch self {
    case .fieldCount, .malformedJSON, .notAnObject, .missingField, .notAString, .fieldExists: true
    default: false
    }
  }
}
