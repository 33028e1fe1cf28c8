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
    var bytes = Array(object.utf8)
    if let report {
      bytes += EvaluationObject(report: report, skipped: 0).bytes.dropLast()
    } else {
      bytes += Array("null".utf8)
    }
    bytes += Array("}\n".utf8)
    return bytes
  }
}
