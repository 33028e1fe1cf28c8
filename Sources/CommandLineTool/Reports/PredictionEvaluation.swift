import Cloud4Bert
import Files
import Records

/// Predicted labels that a file has beside the true ones.
struct PredictionEvaluation: Evaluation {
  let settings: EvaluationSettings
  let options: PredictionOptions

  private var predictedColumn: LabelColumn { LabelColumn(name: options.column) }

  /// A row as the file has it.
  private struct Row {
    let record: Int
    let place: RecordPlace
    let truth: String
    let predicted: String
    /// That of the predicted label.
    let score: Float?
    /// Those of all labels, by the names of their columns.
    let scores: [String: Float]
    let text: String
    let pair: String?
  }

  func run(
    _ reader: RecordReader, leavingOut badRows: BadRows?
  ) async throws -> EvaluationResult {
    var (rows, notes) = ([Row](), RowNotes())
    while let record = try reader.next(leavingOut: badRows) {
      let place = reader.place(of: record)
      do {
        if let row = try row(record, place) { rows.append(row) } else { notes.skipped += 1 }
      } catch {
        guard let badRows else { throw error }
        try badRows.add(BadRow(record, error, at: place))
      }
    }
    try badRows?.finish(rows: reader.rowsRead)
    try badRows?.close()
    badRows?.tell()
    guard !rows.isEmpty else {
      throw NoRows(file: reader.name, unlabelled: notes.skipped + (badRows?.count ?? 0))
    }
    notes.tell(in: reader.name, column: settings.column)
    let isMultiLabel =
      settings.separator != nil
      || rows.contains { row in
        [row.truth, row.predicted].contains {
          LabelField.array(in: $0).map { $0.count != 1 } ?? false
        }
      }
    let measurement = isMultiLabel ? try several(rows) : try one(rows)
    let name = options.column
    return EvaluationResult(
      input: reader.name,
      models: [
        EvaluatedModel(name: name, measurement: measurement, bootstrap: settings.bootstrap)
      ],
      skipped: notes.skipped,
      facts: RunFacts(models: ["labels in the column \(name)"], precision: nil))
  }

  /// Nil for a row without a true label, where those are skipped.
  private func row(_ record: Record, _ place: RecordPlace) throws -> Row? {
    // An empty field is an answer where there may be several labels.
    let mayBeEmpty = settings.separator != nil
    let truth = settings.column.field(
      of: record, mayBeEmpty: mayBeEmpty && !settings.skipsUnlabelled)
    guard let truth else {
      if settings.skipsUnlabelled { return nil }
      throw settings.missingLabel(at: place)
    }
    let predicted = predictedColumn.field(of: record, mayBeEmpty: mayBeEmpty)
    guard let predicted else { throw Fault.noLabel(place, column: options.column) }
    let scoreColumn = options.scoreColumn ?? options.usualScoreColumn
    let score = try number(record[scoreColumn], scoreColumn, place)
    if score == nil, options.scoreColumn != nil { throw Fault.noScore(place, column: scoreColumn) }
    var scores: [String: Float] = [:]
    if settings.wantsCurves {
      let prefix = "\(options.usualScoreColumn)_"
      for column in record.columns where column.hasPrefix(prefix) {
        scores[String(column.dropFirst(prefix.count))] = try number(record[column], column, place)
      }
    }
    return Row(
      record: record.row, place: place, truth: truth, predicted: predicted,
      score: score, scores: scores, text: record.text, pair: record.pair)
  }

  private func number(_ field: String?, _ column: String, _ place: RecordPlace) throws -> Float? {
    guard let field, !field.allSatisfy(\.isWhitespace) else { return nil }
    guard let number = Float(field.filter { !$0.isWhitespace }), (0...1).contains(number) else {
      throw Fault.notAScore(place, column: column, found: field)
    }
    return number
  }

  private func one(_ rows: [Row]) throws -> EvaluatedModel.Measurement {
    func name(_ field: String) -> String { LabelField.array(in: field)?.first ?? field }
    let labels =
      settings.names ?? Self.labels(rows.flatMap { [name($0.truth), name($0.predicted)] })
    let index = try LabelIndex(labels: labels)
    let hasScores = rows.allSatisfy { $0.score != nil }
    let hasAllScores =
      labels.count <= EvaluationSettings.mostCurves
      && rows.allSatisfy { row in labels.allSatisfy { row.scores[$0] != nil } }
    var report = try ClassificationReport(labels: labels, mistakeLimit: settings.mistakeLimit)
    var predictions = LabelledPredictions(labelCount: labels.count, keepsScores: hasAllScores)
    for row in rows {
      let (truth, predicted) = (
        try settings.column.id(of: name(row.truth), in: index, at: row.place),
        try predictedColumn.id(of: name(row.predicted), in: index, at: row.place)
      )
      try report.add(
        trueLabel: truth, predictedLabel: predicted, score: hasScores ? row.score : nil,
        row: row.record, text: row.text, pair: row.pair)
      predictions.add(
        trueLabel: truth, predictedLabel: predicted, score: hasScores ? row.score : nil,
        scores: hasAllScores ? labels.map { row.scores[$0] ?? 0 } : nil)
    }
    return .one(report, predictions)
  }

  private func several(_ rows: [Row]) throws -> EvaluatedModel.Measurement {
    let separator = settings.separator ?? LabelField.usualSeparator
    func names(_ field: String) -> [String] { LabelField.names(in: field, separator: separator) }
    let labels =
      settings.names ?? Self.labels(rows.flatMap { names($0.truth) + names($0.predicted) })
    let index = try LabelIndex(labels: labels)
    var report = try MultiLabelReport(labels: labels, mistakeLimit: settings.mistakeLimit)
    for row in rows {
      let truth = try names(row.truth).map {
        try settings.column.id(of: $0, in: index, at: row.place)
      }
      var scores = [Float](repeating: 0, count: labels.count)
      for name in names(row.predicted) {
        scores[try predictedColumn.id(of: name, in: index, at: row.place)] = 1
      }
      try report.add(
        trueLabels: truth, scores: scores, row: row.record, text: row.text, pair: row.pair)
    }
    return .several(report, hasScores: false)
  }

  /// Those that occur, without the white space around them.
  private static func labels(_ names: [String]) -> [String] {
    LabelledTexts.inOrder(
      Set(names.flatMap { LabelField.names(in: $0, separator: "\n") }.map { ExactString($0) }))
  }

  enum Fault: PlacedError, CustomStringConvertible {
    case noLabel(RecordPlace, column: String)
    case noScore(RecordPlace, column: String)
    case notAScore(RecordPlace, column: String, found: String)

    var description: String {
      switch self {
      case .noLabel(let place, let column):
        "\(place): no predicted label in \(quoted(column)); --predicted-column names the column"
      case .noScore(let place, let column):
        "\(place): no score in \(quoted(column)): give every row one, or leave --score-column out"
      case .notAScore(let place, let column, let found):
        "\(place): \(quoted(found)) in \(quoted(column)) is no score from 0 to 1"
      }
    }
  }
}
