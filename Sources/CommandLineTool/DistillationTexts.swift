import Cloud4Bert
import Records

/// The texts that a student learns from or is measured on, with the label ids of those that have one.
struct DistillationTexts {
  private(set) var inputs: [TextInput] = []
  /// Nil for a text without a label.
  private(set) var labelIDs: [Int?] = []
  /// What a person should know, a line each.
  private(set) var notes: [String] = []

  var labelledCount: Int { labelIDs.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

  init() {}

  /// Adds a file of texts that have labels, or some of them.
  ///
  /// - Parameter index: The labels' ids.
  /// - Throws: `RecordError`, and `RowError` for a label that is none of the model's.
  mutating func append(_ reader: RecordReader, labelColumn: String, index: LabelIndex) throws {
    var unlabelled: [Int] = []
    let before = inputs.count
    while let record = try reader.next() {
      let label = record[labelColumn] ?? ""
      if label.allSatisfy(\.isWhitespace) {
        unlabelled.append(record.row)
        labelIDs.append(nil)
      } else if let id = index.id(of: label) {
        labelIDs.append(id)
      } else {
        throw RowError(
          place: "\(RecordPlace(file: reader.name, row: record.row, line: record.line))",
          cause: EvaluationError.unknownLabel(label, labels: index.labels))
      }
      inputs.append(TextInput(record))
    }
    try finish(reader, before)
    if !unlabelled.isEmpty {
      let rows = unlabelled.prefix(10).map { "\($0)" }.joined(separator: ", ")
      notes.append(
        """
        \(reader.name): \(unlabelled.count) row\(unlabelled.count == 1 ? "" : "s") without a label \
        in "\(labelColumn)" (row \(rows)\(unlabelled.count > 10 ? ", …" : "")) taken as unlabelled \
        text
        """)
    }
  }

  /// Adds a file of texts without labels.
  mutating func append(_ reader: RecordReader) throws {
    let before = inputs.count
    while let record = try reader.next() {
      inputs.append(TextInput(record))
      labelIDs.append(nil)
    }
    try finish(reader, before)
  }

  private mutating func finish(_ reader: RecordReader, _ before: Int) throws {
    guard inputs.count > before else { throw Empty(file: reader.name) }
    let repaired = reader.rowsWithInvalidUTF8
    if repaired > 0 {
      notes.append(
        "\(reader.name): \(repaired) rows with bytes that are not UTF-8, read as U+FFFD")
    }
  }

  /// Those at the given places.
  func subset(_ places: [Int]) -> DistillationTexts {
    var texts = DistillationTexts()
    texts.inputs = places.map { inputs[$0] }
    texts.labelIDs = places.map { labelIDs[$0] }
    return texts
  }

  struct Empty: Error, CustomStringConvertible {
    let file: String

    var description: String { "\(file) has no rows; give texts to learn from" }
  }
}
