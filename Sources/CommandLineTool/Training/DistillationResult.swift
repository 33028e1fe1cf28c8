import Cloud4Bert
import Files
import Training

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a distillation came to: teacher and student side by side.
struct DistillationResult {
  let output: String
  let learner: DistillationLearner
  let outcome: TrainingOutcome
  let isBFloat16: Bool
  /// On the validation texts; nil without such texts.
  let figures: DistillationFigures?

  /// For a person at a terminal.
  var table: String {
    let rows = rows
    var table = TextTable([.left] + rows[0].dropFirst().map { _ in .right })
    for row in rows { table.append(row) }
    guard let figures else { return table.text }
    let unit = figures.isClassifier ? "text" : "hidden word"
    var text = "\(figures.count.grouped) validation \(unit)"
    text += figures.count == 1 ? "\n\n" : "s\n\n"
    text += table.text
    if let share = figures.keptShare {
      text += "\nthe student keeps \(share.percent(1)) of the teacher's "
      text += figures.isClassifier ? "weighted F1\n" : "accuracy\n"
    }
    return text
  }

  fileprivate var studentBytes: Int { learner.parameterCount * (isBFloat16 ? 2 : 4) }

  /// A header, and a row for each of the two.
  var rows: [[String]] {
    func row(_ name: String, _ values: [String]?, _ parameters: Int, _ bytes: Int) -> [String] {
      [name] + (values ?? [])
        + [parameters.grouped, bytes.megabytes]
    }
    return [
      [""] + (figures?.names ?? []) + ["parameters", "weights"],
      row(
        "teacher", figures.map { $0.values(of: $0.teacher, agreement: nil) },
        learner.teacher.parameterCount, learner.teacher.byteCount),
      row(
        "student", figures.map { $0.values(of: $0.student, agreement: $0.agreement) },
        learner.parameterCount, studentBytes),
    ]
  }

  /// One object and a line break.
  var json: [UInt8] {
    get throws { try JSON.line(of: DistillationObject(self)) + [UInt8(ascii: "\n")] }
  }
}

/// A ``DistillationResult`` as one JSON object.
private struct DistillationObject: Encodable {
  let run: RunObject
  let results: Results

  struct Results: Encodable {
    let validationCount: Int
    @OrNull var agreement: Double?
    let teacher: Model
    let student: Model
  }

  struct Model: Encodable {
    let parameters: Int
    let weightBytes: Int
    let accuracy: Double?
    let loss: Double?
    let weightedF1: Double?
    let macroF1: Double?

    init(_ answers: DistillationFigures.Answers?, parameters: Int, bytes: Int) {
      self.parameters = parameters
      weightBytes = bytes
      accuracy = answers?.accuracy
      loss = answers?.loss
      weightedF1 = answers?.report?.weighted.f1
      macroF1 = answers?.report?.macro.f1
    }
  }

  init(_ result: DistillationResult) {
    let (learner, figures) = (result.learner, result.figures)
    run = RunObject(output: result.output, result.outcome)
    results = Results(
      validationCount: figures?.count ?? 0, agreement: figures?.agreement,
      teacher: Model(
        figures?.teacher, parameters: learner.teacher.parameterCount,
        bytes: learner.teacher.byteCount),
      student: Model(
        figures?.student, parameters: learner.parameterCount, bytes: result.studentBytes))
  }

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    try results.encode(to: encoder)
  }
}

extension DistillationFigures {
  var isClassifier: Bool { student.report != nil || student.loss == nil }

  /// What is told of each model, in order.
  fileprivate var names: [String] {
    (student.accuracy == nil ? [] : ["accuracy"]) + (student.report == nil ? [] : ["weighted F1"])
      + (student.loss == nil ? [] : ["loss"]) + ["agreement"]
  }

  fileprivate func values(of answers: Answers, agreement: Double?) -> [String] {
    [answers.accuracy, answers.report?.weighted.f1, answers.loss].compactMap { $0?.fixed(4) }
      + [agreement?.fixed(4) ?? ""]
  }

  /// Of the teacher's weighted F1, or accuracy, what the student has.
  fileprivate var keptShare: Double? {
    let (own, other) = (
      student.report?.weighted.f1 ?? student.accuracy,
      teacher.report?.weighted.f1 ?? teacher.accuracy
    )
    guard let own, let other, other > 0 else { return nil }
    return own / other
  }
}
