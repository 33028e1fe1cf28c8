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
  /// - Throws: `RecordError`, `NoRows`, and `LabelFault` for a label that is none of the model's.
  mutating func append(
    _ reader: RecordReader, labelColumn: String?, index: LabelIndex?,
    leavingOut badRows: BadRows? = nil
  ) throws {
    defer { if let note = badRows?.note { notes.append(note) } }
    guard let labelColumn, let index else {
      let rows = try LabelledRows(reader, column: nil, leavingOut: badRows)
      inputs += rows.inputs
      labels += rows.fields.map { _ in nil }
      if let note = rows.noteOfRepairs { notes.append(note) }
      return
    }
    let column = LabelColumn(name: labelColumn)
    let rows = try LabelledRows(reader, column: column, leavingOut: badRows)
    inputs += rows.inputs
    labels += try zip(rows.fields, rows.places).map { field, place in
      try field.map { try column.id(of: $0, in: index, at: place) }
    }
    let unlabelled = rows.unlabelled
    if !unlabelled.isEmpty {
      let shown = unlabelled.prefix(10).map { "\($0.row)" }.joined(separator: ", ")
      notes.append(
        """
        \(reader.name): \(unlabelled.count.grouped) row\
        \(unlabelled.count == 1 ? "" : "s") without a label in \(quoted(labelColumn)) \
        (row \(shown)\(unlabelled.count > 10 ? ", …" : "")) taken as unlabelled
        """)
    }
    if let note = rows.noteOfRepairs { notes.append(note) }
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
}
