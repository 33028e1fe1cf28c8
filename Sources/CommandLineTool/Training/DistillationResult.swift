import Cloud4Bert
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

  /// A header, and a row for each of the two.
  var rows: [[String]] {
    let bytes = learner.parameterCount * (isBFloat16 ? 2 : 4)
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
        learner.parameterCount, bytes),
    ]
  }

  /// One object and a line break.
  var json: [UInt8] {
    let teacher = learner.teacher
    func object(_ answers: DistillationFigures.Answers?, _ parameters: Int, _ bytes: Int) -> String
    {
      var members = "\"parameters\":\(parameters),\"weight_bytes\":\(bytes)"
      if let accuracy = answers?.accuracy { members += ",\"accuracy\":\(accuracy)" }
      if let loss = answers?.loss { members += ",\"loss\":\(loss)" }
      if let report = answers?.report {
        members += ",\"weighted_f1\":\(report.weighted.f1),\"macro_f1\":\(report.macro.f1)"
      }
      return "{\(members)}"
    }
    let text = """
      {\(outcome.jsonMembers(output: output)),\
      "validation_count":\(figures?.count ?? 0),\
      "agreement":\(figures.map { "\($0.agreement)" } ?? "null"),\
      "teacher":\(object(figures?.teacher, teacher.parameterCount, teacher.byteCount)),\
      "student":\(object(
        figures?.student, learner.parameterCount, learner.parameterCount * (isBFloat16 ? 2 : 4)))}

      """
    return Array(text.utf8)
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
