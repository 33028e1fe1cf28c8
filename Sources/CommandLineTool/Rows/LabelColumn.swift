import Cloud4Bert
import Files
import Records

/// The field of each row that names its label, or several.
struct LabelColumn: Sendable {
  let name: String

  /// Where it is looked for unless a person says where.
  static let usualName = "label"

  /// What a row's field says; nil for a row without a label.
  ///
  /// - Parameter mayBeEmpty: Whether an empty field is an answer too: no label of several.
  func field(of record: Record, mayBeEmpty: Bool = false) -> String? {
    guard let field = record[name] else { return nil }
    return mayBeEmpty || field.contains { !$0.isWhitespace } ? field : nil
  }

  /// What a person should know of rows that are left out, in a line.
  func note(leftOut count: Int, of file: String) -> String {
    "\(file): \(count) row\(count == 1 ? "" : "s") without a label in \(quoted(name)) left out"
  }

  /// The label of a field where a text has one, which may stand in a JSON array.
  func one(in field: String, at place: RecordPlace) throws(LabelFault) -> String {
    guard let list = LabelField.array(in: field) else { return field }
    guard list.count == 1 else { throw .several(place, column: name, count: list.count) }
    return list[0]
  }

  /// The id of a label that a row names.
  func id(of label: String, in index: LabelIndex, at place: RecordPlace) throws(LabelFault) -> Int {
    guard let id = index.id(of: label) else {
      throw .unknown(place, label, column: name, labels: index.labels)
    }
    return id
  }
}

/// What is wrong with the label of a row.
enum LabelFault: PlacedError, CustomStringConvertible {
  /// Rows that have none; `remedy` is what to do but to label them.
  case missing([RecordPlace], column: String, remedy: String)
  case several(RecordPlace, column: String, count: Int)
  case unknown(RecordPlace, String, column: String, labels: [String])

  var description: String {
    switch self {
    case .missing(let places, let column, let remedy):
      let rows = places.dropFirst().prefix(9).map { "\($0.row)" }.joined(separator: ", ")
      let others =
        places.count == 1
        ? ""
        : ", and \(places.count - 1) more have none (row \(rows)\(places.count > 10 ? ", …" : ""))"
      return
        "\(places[0]): no label in the column \(quoted(column))\(others); fill it in, or \(remedy)"
    case .several(let place, let column, let count):
      return """
        \(place): \(count) labels in \(quoted(column)), where each text has one; train and evaluate \
        take several for models of problem_type multi_label_classification
        """
    case .unknown(let place, let label, let column, let labels):
      return """
        \(place): the label \(quoted(label)) in the column \(quoted(column)) is none of \
        \(quotedList(labels))
        """
    }
  }
}

/// All rows of a file, with what its column of labels says of each.
struct LabelledRows {
  let file: String
  private(set) var inputs: [TextInput] = []
  /// The fields of the column; nil for a row without a label.
  private(set) var fields: [String?] = []
  private(set) var places: [RecordPlace] = []
  /// What a person should know of bytes that were no text, in a line.
  let noteOfRepairs: String?

  /// - Parameters:
  ///   - limit: How many rows to read at most.
  ///   - mayBeEmpty: Whether an empty field is an answer too.
  ///   - badRows: Takes the rows that are bad, and where labels are needed those without one.
  ///   - needsLabels: Whether a row without a label is bad.
  /// - Throws: `RecordError`, and ``NoRows`` for a file without a row.
  init(
    _ reader: RecordReader, column: LabelColumn?, limit: Int = .max, mayBeEmpty: Bool = false,
    leavingOut badRows: BadRows? = nil, needsLabels: Bool = false
  ) throws {
    file = reader.name
    do {
      while inputs.count < limit, let record = try reader.next(leavingOut: badRows) {
        let field = column?.field(of: record, mayBeEmpty: mayBeEmpty)
        let place = reader.place(of: record)
        if let badRows, let column, field == nil, needsLabels {
          let fault = LabelFault.missing([place], column: column.name, remedy: "take the row out")
          try badRows.add(BadRow(record, fault, at: place))
          continue
        }
        inputs.append(TextInput(record))
        fields.append(field)
        places.append(place)
      }
      try badRows?.finish(rows: reader.rowsRead)
    } catch {
      try? badRows?.close()
      throw error
    }
    guard !inputs.isEmpty else { throw NoRows(file: file, unlabelled: badRows?.count ?? 0) }
    let count = reader.rowsWithInvalidUTF8
    noteOfRepairs =
      count > 0 ? "\(file): \(count) rows with bytes that are not UTF-8, read as U+FFFD" : nil
  }

  /// The rows without a label.
  var unlabelled: [RecordPlace] { zip(fields, places).filter { $0.0 == nil }.map(\.1) }

  /// The rows that have a label.
  func labelled() -> [(input: TextInput, field: String, place: RecordPlace)] {
    zip(inputs, zip(fields, places)).compactMap { input, label in
      label.0.map { (input, $0, label.1) }
    }
  }
}

/// A file that has nothing for a command to work on.
struct NoRows: Error, CustomStringConvertible {
  let file: String
  /// How many rows it has, none of which has a label.
  var unlabelled = 0

  var description: String {
    unlabelled == 0
      ? "\(file) has no rows; give a file of texts"
      : "\(file) has no labelled rows: \(unlabelled) row\(unlabelled == 1 ? "" : "s") left out"
  }
}

extension RecordReader {
  /// Where a record of this file is, for messages.
  func place(of record: Record) -> RecordPlace {
    RecordPlace(file: name, row: record.row, line: record.line)
  }
}
