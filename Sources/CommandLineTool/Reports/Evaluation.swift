import Cloud4Bert
import Files
import Records

/// What `evaluate` measures, and how it comes to a result.
protocol Evaluation {
  /// - Parameter badRows: Takes the rows that have no text or label; nil to end with the first one.
  func run(_ reader: RecordReader, leavingOut badRows: BadRows?) async throws -> EvaluationResult
}

/// What holds for every evaluation.
struct EvaluationSettings: Sendable {
  let column: LabelColumn
  let skipsUnlabelled: Bool
  /// What stands between several labels in a field; nil where nobody said.
  let separator: String?
  /// The labels' names in place of a model's own.
  let names: [String]?
  /// The score above which a label is given, where a text may have several.
  let threshold: Float
  let mistakeLimit: Int
  let bootstrap: Bootstrap?
  /// Whether all scores are kept, for a page.
  let wantsCurves: Bool

  /// Past so many labels nobody looks at their curves, and the scores would take much memory.
  static let mostCurves = 200

  func missingLabel(at place: RecordPlace) -> LabelFault {
    .missing([place], column: column.name, remedy: "leave such rows out with --skip-unlabelled")
  }
}

/// The true labels of a row.
enum TrueLabels: Sendable {
  case one(Int)
  case several([Int])
}

/// From a row to the ids of its true labels.
struct LabelReader: Sendable {
  let file: String
  let settings: EvaluationSettings
  let index: LabelIndex
  /// Whether a text may have several.
  let isMultiLabel: Bool

  /// Nil for a row without a label, where those are skipped.
  func labels(of record: Record) throws -> TrueLabels? {
    let place = RecordPlace(file: file, row: record.row, line: record.line)
    let mayBeEmpty = isMultiLabel && !settings.skipsUnlabelled
    guard let field = settings.column.field(of: record, mayBeEmpty: mayBeEmpty) else {
      if settings.skipsUnlabelled { return nil }
      throw settings.missingLabel(at: place)
    }
    guard isMultiLabel else {
      let label = try settings.column.one(in: field, at: place)
      return .one(try settings.column.id(of: label, in: index, at: place))
    }
    // A whole field may be the name of one label, whatever is in it.
    if let id = index.id(of: field) { return .several([id]) }
    let separator = settings.separator ?? LabelField.usualSeparator
    let names = LabelField.names(in: field, separator: separator)
    return .several(try names.map { try id(of: $0, at: place) })
  }

  private func id(of label: String, at place: RecordPlace) throws -> Int {
    do {
      return try settings.column.id(of: label, in: index, at: place)
    } catch {
      let isList = settings.separator == nil && label.contains { ",|/ ".contains($0) }
      throw isList ? EvaluationJobError.perhapsSeveral(error) : error
    }
  }
}

/// Why a file of labelled texts cannot be measured.
enum EvaluationJobError: PlacedError, CustomStringConvertible {
  case perhapsSeveral(any Error)
  case otherLabels([(name: String, labels: [String])])
  case otherKind(one: String, several: String)

  var description: String {
    switch self {
    case .perhapsSeveral(let problem):
      "\(problem); if these are several labels, say with --label-separator what is between them"
    case .otherLabels(let models):
      """
      the models have different labels, \
      \(models.map { "\($0.name) \(quotedList($0.labels))" }.joined(separator: " and ")); where they \
      mean the same, name them with --labels
      """
    case .otherKind(let one, let several):
      """
      \(one) gives each text one label and \(several) any number: they cannot be compared
      """
    }
  }
}

/// What gathers while the rows go by.
struct RowNotes {
  var skipped = 0
  var truncated = 0

  func tell(in file: String, column: LabelColumn, maxLength: Int = 0) {
    if skipped > 0 { StandardError.line(column.note(leftOut: skipped, of: file)) }
    if truncated > 0 {
      let texts = truncated == 1 ? "text" : "texts"
      StandardError.line(
        "\(file): \(truncated) \(texts) longer than \(maxLength) tokens truncated")
    }
  }
}
