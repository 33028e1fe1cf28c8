import Cloud4Bert
import Quoting
import Records

/// A file of texts with labels, all of it.
struct LabelledTexts {
  /// What becomes of rows without a label.
  enum Unlabelled {
    case refused
    /// Refused, and a person is told of `--skip-unlabelled`.
    case refusedUnlessSkipped
    case skipped
  }

  let file: String
  let column: String
  let inputs: [TextInput]
  /// The label of each text, as an index of ``labels``.
  let classes: [Int]
  /// The row of each text, from 1.
  let rows: [Int]
  /// Where they were not given, in order: by number where all are numbers, else by the alphabet.
  let labels: [String]
  /// How many texts each label has.
  let counts: [Int]
  /// What a person should know of the rows, a line each.
  let notes: [String]

  /// - Parameter labels: The labels that there are, in the order of their ids, where that is fixed: then
  ///   rows name them as ``LabelIndex`` says. Nil for those of the file.
  /// - Throws: `RecordError`, ``Fault``, `EvaluationError`
  init(
    _ reader: RecordReader, labelColumn: String, labels fixed: [String]? = nil,
    unlabelled treatment: Unlabelled = .refused
  ) throws {
    var inputs: [TextInput] = []
    var texts: [String] = []
    var places: [RecordPlace] = []
    var unlabelled: [RecordPlace] = []
    while let record = try reader.next() {
      let place = RecordPlace(file: reader.name, row: record.row, line: record.line)
      guard let label = record[labelColumn], label.contains(where: { !$0.isWhitespace }) else {
        unlabelled.append(place)
        continue
      }
      inputs.append(TextInput(record))
      texts.append(label)
      places.append(place)
    }
    var notes: [String] = []
    if !unlabelled.isEmpty {
      guard treatment == .skipped else {
        throw Fault.unlabelled(
          unlabelled, column: labelColumn, canSkip: treatment == .refusedUnlessSkipped)
      }
      notes.append(
        "\(reader.name): \(unlabelled.count) row\(unlabelled.count == 1 ? "" : "s") without a "
          + "label in \(quoted(labelColumn)) left out")
    }
    guard !inputs.isEmpty else {
      throw unlabelled.isEmpty
        ? Fault.noTexts(file: reader.name)
        : Fault.noLabelledTexts(file: reader.name, unlabelled: unlabelled.count)
    }
    if let fixed {
      let index = try LabelIndex(labels: fixed)
      labels = fixed
      classes = try zip(texts, places).map { text, place in
        guard let id = index.id(of: text) else {
          throw RowError(
            place: "\(place)", cause: Fault.unknownLabel(text, column: labelColumn, labels: fixed))
        }
        return id
      }
    } else {
      if let note = try Self.takeNumbers(&texts, of: reader.name, column: labelColumn) {
        notes.append(note)
      }
      let labels = Self.inOrder(Set(texts.map { ExactString($0) }))
      let ids = Self.ids(of: labels)
      self.labels = labels
      classes = texts.map { ids[$0]! }
    }
    if reader.rowsWithInvalidUTF8 > 0 {
      notes.append(
        "\(reader.name): \(reader.rowsWithInvalidUTF8) rows with bytes that are not UTF-8, read as "
          + "U+FFFD")
    }
    var counts = [Int](repeating: 0, count: labels.count)
    for label in classes { counts[label] += 1 }
    self.inputs = inputs
    self.counts = counts
    self.notes = notes
    rows = places.map(\.row)
    file = reader.name
    column = labelColumn
  }

  private init(_ texts: LabelledTexts, including included: [Int], labels: [String]) {
    file = texts.file
    column = texts.column
    self.labels = labels
    inputs = included.map { texts.inputs[$0] }
    rows = included.map { texts.rows[$0] }
    notes = texts.notes
    let ids = Self.ids(of: labels)
    let new = texts.labels.map { ids[$0]! }
    classes = included.map { new[texts.classes[$0]] }
    var counts = [Int](repeating: 0, count: labels.count)
    for label in classes { counts[label] += 1 }
    self.counts = counts
  }

  /// Some of the texts.
  func selecting(_ indices: [Int]) -> LabelledTexts {
    LabelledTexts(self, including: indices, labels: labels)
  }

  /// The same texts and labels, with the labels in another order.
  func relabelled(_ labels: [String]) -> LabelledTexts {
    LabelledTexts(self, including: Array(inputs.indices), labels: labels)
  }

  /// - Throws: ``Fault`` where no classifier can be made of them.
  func checkForTraining() throws(Fault) {
    let used = labels.indices.filter { counts[$0] > 0 }
    guard used.count > 1 else { throw .oneLabel(labels[used[0]], file: file, column: column) }
    guard used.count < inputs.count else {
      throw .labelPerText(count: used.count, file: file, column: column)
    }
  }

  /// Tells of labels that one text only has.
  ///
  /// - Parameter consequence: What comes of that.
  func noteOfLonelyLabels(_ consequence: String) -> String? {
    let lonely = labels.indices.filter { counts[$0] == 1 }
    guard !lonely.isEmpty else { return nil }
    let shown = lonely.prefix(10).map { label in
      "\(quoted(labels[label])) (row \(rows[classes.firstIndex(of: label)!]))"
    }
    return """
      \(lonely.count == 1 ? "a label has" : "\(lonely.count) labels have") one text only, \
      \(consequence): \(shown.joined(separator: ", "))\(lonely.count > 10 ? ", …" : "")
      """
  }

  /// The labels with their numbers of texts, for a line.
  var summary: String {
    labels.enumerated().map { "\(quoted($1)) \(counts[$0])" }.joined(separator: ", ")
  }

  private static func ids(of labels: [String]) -> [ExactString: Int] {
    Dictionary(uniqueKeysWithValues: labels.enumerated().map { (ExactString($1), $0) })
  }

  /// Refuses amounts, which are no labels, and takes whole numbers with zeros behind their points as what
  /// they were before a program made them so: `2.0` is 2.
  ///
  /// - Returns: What a person should know of that.
  private static func takeNumbers(
    _ texts: inout [String], of file: String, column: String
  ) throws(Fault) -> String? {
    let distinct = Set(texts.map { ExactString($0) })
    let names = distinct.map { $0.string.filter { !$0.isWhitespace } }
    guard names.allSatisfy(isDecimal), names.contains(where: { Int($0) == nil }) else { return nil }
    guard names.allSatisfy({ Int($0) != nil || LabelIndex.wholeNumber($0) != nil }) else {
      let amounts = distinct.map(\.string).sorted { (Double($0) ?? 0) < (Double($1) ?? 0) }
      throw .amounts(amounts, file: file, column: column)
    }
    let example = texts.first { Int($0) == nil } ?? ""
    for index in texts.indices {
      let name = texts[index].filter { !$0.isWhitespace }
      texts[index] = LabelIndex.wholeNumber(name) ?? name
    }
    return
      "\(file): labels in \(quoted(column)) such as \(quoted(example)) are taken as whole numbers"
  }

  private static func isDecimal(_ name: String) -> Bool {
    guard let number = Double(name), number.isFinite else { return false }
    // Not the names of numbers that Swift reads too, such as 0x1p3.
    return name.utf8.allSatisfy { byte in
      0x30...0x39 ~= byte || "+-.eE".utf8.contains(byte)
    }
  }

  private static func inOrder(_ labels: Set<ExactString>) -> [String] {
    let numbers = labels.compactMap { label in
      Int(label.string).map { (number: $0, label: label) }
    }
    guard numbers.count == labels.count else { return labels.sorted().map(\.string) }
    return numbers.sorted { ($0.number, $0.label) < ($1.number, $1.label) }.map(\.label.string)
  }

  enum Fault: Error, CustomStringConvertible {
    case unlabelled([RecordPlace], column: String, canSkip: Bool)
    case noTexts(file: String)
    case noLabelledTexts(file: String, unlabelled: Int)
    case unknownLabel(String, column: String, labels: [String])
    case oneLabel(String, file: String, column: String)
    case amounts([String], file: String, column: String)
    case labelPerText(count: Int, file: String, column: String)

    var description: String {
      switch self {
      case .unlabelled(let places, let column, let canSkip):
        let rows = places.dropFirst().prefix(9).map { "\($0.row)" }.joined(separator: ", ")
        let others =
          places.count == 1
          ? ""
          : ", and \(places.count - 1) more have none (row \(rows)\(places.count > 10 ? ", …" : ""))"
        let remedy =
          canSkip
          ? "label these rows, or leave them out with --skip-unlabelled"
          : "label these rows or take them out"
        return
          "\(places[0]): no label in the column \(quoted(column))\(others); \(remedy)"
      case .noTexts(let file):
        return "\(file) has no rows; give texts with labels"
      case .noLabelledTexts(let file, let count):
        return "\(file) has no labelled rows: \(count) row\(count == 1 ? "" : "s") left out"
      case .unknownLabel(let label, let column, let labels):
        return """
          the label \(quoted(label)) in the column \(quoted(column)) is none of \
          \(quotedList(labels))
          """
      case .oneLabel(let label, let file, let column):
        return """
          \(file): every row has the label \(quoted(label)) in the column \
          \(quoted(column)); a classifier needs two or more
          """
      case .amounts(let amounts, let file, let column):
        return """
          \(file): the labels in the column \(quoted(column)) are amounts: \(quotedList(amounts)); a \
          classifier tells names apart: name the right column with --label-column, or give each \
          amount or range of amounts a name, such as 'low'
          """
      case .labelPerText(let count, let file, let column):
        return """
          \(file): each of the \(count) rows has a label of its own in the column \
          \(quoted(column)); name the right column with --label-column
          """
      }
    }
  }
}
