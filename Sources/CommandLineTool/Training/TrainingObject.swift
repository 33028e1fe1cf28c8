import Training

/// What a training run came to, as one JSON object.
struct TrainingObject {
  let output: String
  let outcome: TrainingOutcome
  /// On the validation texts; nil without such texts.
  let report: ClassificationLearner.Report?

  /// The object and a line break.
  var bytes: [UInt8] {
    let object = "{\(outcome.jsonMembers(output: output)),\"validation\":"
    var bytes = Array(object.utf8)
    switch report {
    case .one(let report)?: bytes += EvaluationObject(report: report, skipped: 0).bytes.dropLast()
    case .several(let report)?:
      bytes += MultiLabelObject(report: report, skipped: 0).bytes.dropLast()
    case nil: bytes += Array("null".utf8)
    }
    bytes += Array("}\n".utf8)
    return bytes
  }
}
