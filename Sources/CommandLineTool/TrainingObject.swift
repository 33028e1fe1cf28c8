import Cloud4Bert
import Records
import Training

/// What a training run came to, as one JSON object.
struct TrainingObject {
  let output: String
  let outcome: TrainingOutcome
  /// On the validation texts; nil without such texts.
  let report: ClassificationReport?

  /// The object and a line break.
  var bytes: [UInt8] {
    let epochs = outcome.epochs.map { record in
      var members = "\"epoch\":\(record.epoch),\"training_loss\":\(record.trainingLoss)"
      for (name, value) in (record.figures?.figures ?? [:]).sorted(by: { $0.key < $1.key }) {
        members += ",\"validation_\(name)\":\(value)"
      }
      return "{\(members),\"seconds\":\(record.seconds)}"
    }
    var object = "{\"model\":\(JSONText.quoted(output)),\"steps\":\(outcome.stepCount),"
    object += "\"seconds\":\(outcome.seconds),"
    object += "\"best_epoch\":\(outcome.best.map { "\($0.epoch)" } ?? "null"),"
    object += "\"epochs\":[\(epochs.joined(separator: ","))],\"validation\":"
    let validation = report.map { EvaluationObject(report: $0, skipped: 0).bytes.dropLast() }
    return Array(object.utf8) + (validation ?? Array("null".utf8)[...]) + "}\n".utf8
  }
}
