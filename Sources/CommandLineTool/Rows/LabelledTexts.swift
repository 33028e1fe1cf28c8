import Cloud4Bert
import Files
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

  /// Whether a text may have several labels.
  enum Several {
    /// It has one: a field that names several is refused.
    case refused
    /// It has any number, between such separators or in a JSON array.
    case taken(separator: String)
    /// As ``taken(separator:)`` where a field of the file is a JSON array of several, and else
    /// refused.
    case whereListed(separator: String)
  }

  let file: String
  let column: String
  let inputs: [TextInput]
  /// Whether a text may have any number of labels; else each has one.
  let isMultiLabel: Bool
  /// The labels of each text, as indices of ``labels``.
  let labelIDs: [[Int]]
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
  /// - Throws: `RecordError`, `NoRows`, `LabelFault`, ``Fault``, `EvaluationError`
  init(
    _ reader: RecordReader, labelColumn: String, labels fixed: [String]? = nil,
    unlabelled treatment: Unlabelled = .refused, several: Several = .refused,
    leavingOut badRows: BadRows? = nil
  ) throws {
    let column = LabelColumn(name: labelColumn)
    // Of several labels none is a number too: an empty field says so, but not one that is missing.
    let mayBeEmpty = if case .taken = several { treatment != .skipped } else { false }
    let all = try LabelledRows(
      reader, column: column, mayBeEmpty: mayBeEmpty, leavingOut: badRows,
      needsLabels: treatment != .skipped)
    var notes: [String] = []
    let unlabelled = all.unlabelled
    if !unlabelled.isEmpty {
      guard treatment == .skipped else {
        throw LabelFault.missing(
          unlabelled, column: labelColumn,
          remedy: treatment == .refusedUnlessSkipped
            ? "leave such rows out with --skip-unlabelled" : "take such rows out")
      }
      notes.append(column.note(leftOut: unlabelled.count, of: all.file))
    }
    let rows = all.labelled()
    guard !rows.isEmpty else { throw NoRows(file: all.file, unlabelled: unlabelled.count) }
    let places = rows.map(\.place)
    var names: [[String]]
    (names, isMultiLabel) = try Self.names(in: rows.map(\.field), places, column, several)
    if isMultiLabel {
      let count = names.count { $0.isEmpty }
      if count > 0 {
        notes.append(
          "\(reader.name): \(count) text\(count == 1 ? " has" : "s have") none of the labels")
      }
    }
    if let fixed {
      let index = try LabelIndex(labels: fixed)
      labels = fixed
      labelIDs = try zip(names, places).map { names, place in
        try names.map { try column.id(of: $0, in: index, at: place) }
      }
    } else {
      if !isMultiLabel {
        var singles = names.map { $0[0] }
        if let note = try Self.takeNumbers(&singles, of: reader.name, column: labelColumn) {
          notes.append(note)
        }
        names = singles.map { [$0] }
      }
      let labels = Self.inOrder(Set(names.joined().map { ExactString($0) }))
      let ids = Self.ids(of: labels)
      self.labels = labels
      labelIDs = names.map { $0.map { ids[$0]! } }
    }
    if let note = all.noteOfRepairs { notes.append(note) }
    if let note = badRows?.note { notes.append(note) }
    inputs = rows.map(\.input)
    counts = Self.counts(labelIDs, of: labels)
    self.notes = notes
    self.rows = places.map(\.row)
    file = all.file
    self.column = labelColumn
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
    isMultiLabel = texts.isMultiLabel
    labelIDs = included.map { texts.labelIDs[$0].map { new[$0] } }
    counts = Self.counts(labelIDs, of: labels)
  }

  /// The names of each row, and whether a row may have any number of them.
  private static func names(
    in fields: [String], _ places: [RecordPlace], _ column: LabelColumn, _ several: Several
  ) throws -> (names: [[String]], isMultiLabel: Bool) {
    let separator: String?
    switch several {
    case .refused: separator = nil
    case .taken(let given): separator = given
    case .whereListed(let given):
      let hasLists = fields.contains { LabelField.array(in: $0).map { $0.count != 1 } ?? false }
      separator = hasLists ? given : nil
    }
    if let separator {
      return (fields.map { LabelField.names(in: $0, separator: separator) }, true)
    }
    return (try zip(fields, places).map { [try column.one(in: $0, at: $1)] }, false)
  }

  private static func counts(_ ids: [[Int]], of labels: [String]) -> [Int] {
    var counts = [Int](repeating: 0, count: labels.count)
    for id in ids.joined() { counts[id] += 1 }
    return counts
  }

  /// The one label of each text, as an index of ``labels``; only where a text has one.
  var classes: [Int] { labelIDs.map { $0[0] } }

  /// What a part of the texts should have of each kind alike: the labels, or where a text may have
  /// several the rarest of its own, and last those without any.
  var strata: (classes: [Int], count: Int) {
    guard isMultiLabel else { return (classes, labels.count) }
    let classes = labelIDs.map { ids in
      ids.min { (counts[$0], $0) < (counts[$1], $1) } ?? labels.count
    }
    return (classes, labels.count + 1)
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
    if isMultiLabel {
      guard !used.isEmpty else { throw .noLabels(file: file, column: column) }
      guard labels.count > 1 else { throw .oneLabel(labels[0], file: file, column: column) }
      return
    }
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
      "\(quoted(labels[label])) (row \(rows[labelIDs.firstIndex { $0.contains(label) }!]))"
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

  static func inOrder(_ labels: Set<ExactString>) -> [String] {
    let numbers = labels.compactMap { label in
      Int(label.string).map { (number: $0, label: label) }
    }
    guard numbers.count == labels.count else { return labels.sorted().map(\.string) }
    return numbers.sorted { ($0.number, $0.label) < ($1.number, $1.label) }.map(\.label.string)
  }

  enum Fault: Error, CustomStringConvertible {
    case noLabels(file: String, column: String)
    case oneLabel(String, file: String, column: String)
    case amounts([String], file: String, column: String)
    case labelPerText(count: Int, file: String, column: String)

    var description: String {
      switch self {
      case .noLabels(let file, let column):
        return "\(file): no row has a label in the column \(quoted(column))"
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
