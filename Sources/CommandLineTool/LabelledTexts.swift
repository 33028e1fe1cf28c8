import Cloud4Bert
import Records

/// A file of texts with labels, all of it, checked for what a classifier can be fitted on.
struct LabelledTexts {
  let inputs: [TextInput]
  /// The label of each text, as an index of ``labels``.
  let classes: [Int]
  /// In order: by number where all are numbers, else by the alphabet.
  let labels: [String]
  /// How many texts each label has.
  let counts: [Int]
  /// What a person should know, a line each.
  let notes: [String]

  /// - Throws: `RecordError`, ``Fault``.
  init(_ reader: RecordReader, labelColumn: String) throws {
    var inputs: [TextInput] = []
    var texts: [String] = []
    var rows: [Int] = []
    var unlabelled: [RecordPlace] = []
    while let record = try reader.next() {
      guard let label = record[labelColumn], label.contains(where: { !$0.isWhitespace }) else {
        unlabelled.append(RecordPlace(file: reader.name, row: record.row, line: record.line))
        continue
      }
      inputs.append(TextInput(record))
      texts.append(label)
      rows.append(record.row)
    }
    if !unlabelled.isEmpty { throw Fault.unlabelled(unlabelled, column: labelColumn) }
    guard !inputs.isEmpty else { throw Fault.noTexts(file: reader.name) }
    let labels = Self.inOrder(Set(texts))
    guard labels.count > 1 else {
      throw Fault.oneLabel(labels[0], file: reader.name, column: labelColumn)
    }
    guard labels.count < inputs.count else {
      throw Fault.labelPerText(count: labels.count, file: reader.name, column: labelColumn)
    }
    let ids = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    let classes = texts.map { ids[$0]! }
    var counts = [Int](repeating: 0, count: labels.count)
    var firstRows = counts
    for (row, label) in zip(rows, classes) {
      if counts[label] == 0 { firstRows[label] = row }
      counts[label] += 1
    }
    var notes: [String] = []
    let lonely = labels.indices.filter { counts[$0] == 1 }
    if !lonely.isEmpty {
      let shown = lonely.prefix(10).map {
        "\(FitCommand.shown(labels[$0])) (row \(firstRows[$0]))"
      }
      notes.append(
        """
        \(lonely.count == 1 ? "a label has" : "\(lonely.count) labels have") one text only, which \
        cross-validation always gets wrong: \(shown.joined(separator: ", "))\
        \(lonely.count > 10 ? ", …" : "")
        """)
    }
    if reader.rowsWithInvalidUTF8 > 0 {
      notes.append(
        "\(reader.name): \(reader.rowsWithInvalidUTF8) rows with bytes that are not UTF-8, read as "
          + "U+FFFD")
    }
    self.inputs = inputs
    self.classes = classes
    self.labels = labels
    self.counts = counts
    self.notes = notes
  }

  private static func inOrder(_ labels: Set<String>) -> [String] {
    let numbers = labels.compactMap { label in Int(label).map { (number: $0, label: label) } }
    guard numbers.count == labels.count else { return labels.sorted() }
    return numbers.sorted { ($0.number, $0.label) < ($1.number, $1.label) }.map(\.label)
  }

  enum Fault: Error, CustomStringConvertible {
    case unlabelled([RecordPlace], column: String)
    case noTexts(file: String)
    case oneLabel(String, file: String, column: String)
    case labelPerText(count: Int, file: String, column: String)

    var description: String {
      switch self {
      case .unlabelled(let places, let column):
        let rows = places.dropFirst().prefix(9).map { "\($0.row)" }.joined(separator: ", ")
        let others =
          places.count == 1
          ? ""
          : ", and \(places.count - 1) more have none (row \(rows)\(places.count > 10 ? ", …" : ""))"
        return """
          \(places[0]): no label in the column \(FitCommand.shown(column))\(others); label these \
          rows or take them out
          """
      case .noTexts(let file):
        return "\(file) has no rows; give texts with labels"
      case .oneLabel(let label, let file, let column):
        return """
          \(file): every row has the label \(FitCommand.shown(label)) in the column \
          \(FitCommand.shown(column)); a classifier needs two or more
          """
      case .labelPerText(let count, let file, let column):
        return """
          \(file): each of the \(count) rows has a label of its own in the column \
          \(FitCommand.shown(column)); name the right column with --label-column
          """
      }
    }
  }
}
