import Files
import Training

/// The texts of a training run: those to train on, and those to measure on.
struct TrainingTexts {
  let training: LabelledTexts
  let validation: LabelledTexts?
  /// What a person should know of them, a line each.
  let notes: [String]

  /// - Parameter read: Reads the validation texts from a file, with the labels in their order.
  /// - Throws: ``TooFewTexts``, and what `read` throws.
  init(
    _ texts: LabelledTexts, validation choice: ValidationChoice, seed: UInt64,
    read: (_ file: String, _ labels: [String], _ isMultiLabel: Bool) throws -> LabelledTexts
  ) throws {
    var notes = texts.notes
    switch choice {
    case .none:
      training = texts
      validation = nil
    case .file(let file):
      training = texts
      let others = try read(file, texts.labels, texts.isMultiLabel)
      notes += others.notes
      validation = others
    case .share(let share):
      let strata = texts.strata
      let split = StratifiedSplit(
        classes: strata.classes, classCount: strata.count, validationShare: share, seed: seed)
      guard !split.validation.isEmpty else {
        throw TooFewTexts(count: texts.inputs.count, share: share)
      }
      training = texts.selecting(split.training)
      validation = texts.selecting(split.validation)
    }
    if let note = texts.noteOfLonelyLabels("too few to learn much from") { notes.append(note) }
    for (part, name) in [(training, "training"), (validation, "validation")] {
      guard let part else { continue }
      let missing = part.labels.indices.filter { part.counts[$0] == 0 }
      guard !missing.isEmpty else { continue }
      notes.append(
        """
        no \(name) text has the label\(missing.count == 1 ? "" : "s") \
        \(quotedList(missing.map { part.labels[$0] }))
        """)
    }
    self.notes = notes
  }

  struct TooFewTexts: Error, CustomStringConvertible {
    let count: Int
    let share: Double

    var description: String {
      """
      \(count) texts are too few to hold out a share of \(share) for validation; give more texts, a \
      file with --validation, or --validation none
      """
    }
  }
}
