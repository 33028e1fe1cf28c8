import Cloud4Bert
import Training

/// What a training run came to, as one JSON object.
struct TrainingObject {
  let output: String
  let outcome: TrainingOutcome
  /// On the validation texts; nil without such texts.
  let report: ClassificationReport?

  /// The object and a line break.
  var bytes: [UInt8] {
    let object = "{\(outcome.jsonMembers(output: output)),\"validation\":"
    let validation = report.map { EvaluationObject(report: $0, skipped: 0).bytes.dropLast() }
    return Array(object.utf8) + (validation ?? Array("null".utf8)[...]) + "}\n".utf8
  }
}
