import Cloud4Bert
import Files
import Records
import Training

/// The texts that a student learns from or is measured on, with the label ids of those that have one.
struct DistillationTexts {
  private(set) var inputs: [TextInput] = []
  /// Nil for a text without a label.
  private(set) var labels: [Int?] = []
  /// What a person should know, a line each.
  private(set) var notes: [String] = []

  var labelledCount: Int { labels.count { $0 != nil } }

  init() {}

  /// Adds a file of texts, all or some of which have labels.
  ///
  /// - Parameters:
  ///   - labelColumn: Nil where labels do not count.
  ///   - index: The labels' ids.
  /// - Throws: `RecordError`, ``Empty``, and `RowError` for a label that is none of the model's.
  mutating func append(
    _ reader: RecordReader, labelColumn: String?, index: LabelIndex?
  ) throws {
    var unlabelled: [Int] = []
    let before = inputs.count
    while let record = try reader.next() {
      inputs.append(TextInput(record))
      guard let labelColumn, let index else {
        labels.append(nil)
        continue
      }
      let label = record[labelColumn] ?? ""
      if label.allSatisfy(\.isWhitespace) {
        unlabelled.append(record.row)
        labels.append(nil)
      } else if let id = index.id(of: label) {
        labels.append(id)
      } else {
        throw RowError(
          place: "\(RecordPlace(file: reader.name, row: record.row, line: record.line))",
          cause: EvaluationError.unknownLabel(label, labels: index.labels))
      }
    }
    guard inputs.count > before else { throw Empty(file: reader.name) }
    if let labelColumn, !unlabelled.isEmpty {
      let rows = unlabelled.prefix(10).map(String.init).joined(separator: ", ")
      notes.append(
        """
        \(reader.name): \(unlabelled.count.grouped) row\
        \(unlabelled.count == 1 ? "" : "s") without a label in \(quoted(labelColumn)) \
        (row \(rows)\(unlabelled.count > 10 ? ", …" : "")) taken as unlabelled
        """)
    }
    let repaired = reader.rowsWithInvalidUTF8
    if repaired > 0 {
      notes.append(
        "\(reader.name): \(repaired) rows with bytes that are not UTF-8, read as U+FFFD")
    }
  }

  /// Some of them held out, of each label alike; where none has a label, of all.
  ///
  /// - Throws: `TrainingTexts.TooFewTexts`
  func split(
    share: Double, labelCount: Int, seed: UInt64
  ) throws -> (training: DistillationTexts, validation: DistillationTexts) {
    let labelled = labels.indices.filter { labels[$0] != nil }
    let candidates = labelled.isEmpty ? Array(labels.indices) : labelled
    let split = StratifiedSplit(
      classes: candidates.map { labels[$0] ?? 0 }, classCount: max(1, labelCount),
      validationShare: share, seed: seed)
    guard !split.validation.isEmpty else {
      throw TrainingTexts.TooFewTexts(count: candidates.count, share: share)
    }
    let heldOut = Set(split.validation.map { candidates[$0] })
    return (
      selecting(labels.indices.filter { !heldOut.contains($0) }), selecting(heldOut.sorted())
    )
  }

  private func selecting(_ places: [Int]) -> DistillationTexts {
    var texts = DistillationTexts()
    texts.inputs = places.map { inputs[$0] }
    texts.labels = places.map { labels[$0] }
    return texts
  }

  struct Empty: Error, CustomStringConvertible {
    let file: String

    var description: String { "\(file) has no rows; give texts to learn from" }
  }
}
