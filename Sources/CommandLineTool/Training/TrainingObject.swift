import Files
import Training

/// What a training run came to, as one JSON object.
struct TrainingObject: Encodable {
  let run: RunObject
  /// On the validation texts; nil without such texts.
  let validation: ReportObject?

  init(output: String, outcome: TrainingOutcome, report: ClassificationLearner.Report?) {
    run = RunObject(output: output, outcome)
    validation = report.map { report in
      switch report {
      case .one(let report): .one(EvaluationObject(report: report, skipped: 0))
      case .several(let report): .several(MultiLabelObject(report: report, skipped: 0))
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    try JSONRow([("validation", validation)]).encode(to: encoder)
  }
}

/// What `train --json` and `distil --json` tell alike.
struct RunObject: Encodable {
  let model: String
  let steps: Int
  let seconds: Double
  @OrNull var bestEpoch: Int?
  let epochs: [JSONRow]

  init(output: String, _ outcome: TrainingOutcome) {
    model = output
    steps = outcome.stepCount
    seconds = outcome.seconds
    bestEpoch = outcome.best?.epoch
    epochs = outcome.epochs.map { record in
      JSONRow(
        [("epoch", record.epoch), ("training_loss", record.trainingLoss)] + record.validationMembers
          + [("seconds", record.seconds)])
    }
  }
}
