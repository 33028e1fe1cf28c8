import Records
import Training

extension TrainingOutcome {
  /// What `train --json` and `distil --json` tell alike, as members of an object.
  func jsonMembers(output: String) -> String {
    let records = epochs.map { record in
      var members = "\"epoch\":\(record.epoch),\"training_loss\":\(Self.json(record.trainingLoss))"
      for (name, value) in (record.figures?.figures ?? [:]).sorted(by: { $0.key < $1.key }) {
        members += ",\"validation_\(name)\":\(Self.json(value))"
      }
      return "{\(members),\"seconds\":\(record.seconds)}"
    }
    return """
      "model":\(JSONText.quoted(output)),"steps":\(stepCount),"seconds":\(seconds),\
      "best_epoch":\(best.map { "\($0.epoch)" } ?? "null"),\
      "epochs":[\(records.joined(separator: ","))]
      """
  }

  /// JSON has no infinity, which the perplexity of a bad model is.
  private static func json(_ number: Double) -> String {
    number.isFinite ? "\(number)" : "null"
  }
}
