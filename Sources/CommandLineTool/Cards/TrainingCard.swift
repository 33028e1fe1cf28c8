import Cloud4Bert
import Training

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ModelCard {
  /// Of a classifier that `train` made.
  ///
  /// - Parameters:
  ///   - report: Of the saved weights on the validation texts; nil without such texts.
  ///   - settings: A line each.
  init(
    base: String, training: LabelledTexts, validation: LabelledTexts?, settings: [String],
    outcome: TrainingOutcome, report: ClassificationLearner.Report?
  ) {
    title = "\(base), fine-tuned"
    introduction =
      "All weights of \(base), trained on labelled texts by `cloud4bert train`."
    let file = URL(filePath: training.file).lastPathComponent
    source =
      "\(training.inputs.count) texts of \(file) for training"
      + (validation.map { validation in
        let from =
          validation.file == training.file
          ? "held out of the same file"
          : "of "
            + URL(filePath: validation.file).lastPathComponent
        return ", \(validation.inputs.count) for validation, \(from)"
      } ?? "")
    countNames = ["training"] + (validation == nil ? [] : ["validation"])
    labels = training.labels.enumerated().map { id, label in
      (label, [training.counts[id]] + (validation.map { [$0.counts[id]] } ?? []))
    }
    self.settings = settings
    figures = Self.figures(outcome, report)
  }

  private static func figures(
    _ outcome: TrainingOutcome, _ report: ClassificationLearner.Report?
  ) -> [String] {
    switch report {
    case nil: ["None: there were no validation texts. The weights are those of the last epoch."]
    case .one(let report)?: figures(outcome, report)
    case .several(let report)?: figures(outcome, report)
    }
  }

  private static func figures(
    _ outcome: TrainingOutcome, _ report: ClassificationReport
  ) -> [String] {
    let perLabel = report.perClass.map { row($0.label, $0.figures, $0.support) }
    let summary = """
      On the validation texts: accuracy \(report.accuracy.fixed(4)), weighted F1 \
      \(report.weighted.f1.fixed(4)), macro F1 \(report.macro.f1.fixed(4)).
      """
    return [summary, ""] + table(["label", "precision", "recall", "F1", "texts"], perLabel)
      + epochs(
        outcome, [("accuracy", "accuracy"), ("weighted F1", "weighted_f1")],
        chosenBy: "weighted F1")
  }

  private static func figures(_ outcome: TrainingOutcome, _ report: MultiLabelReport) -> [String] {
    let perLabel = report.perLabel.map { row($0.label, $0.figures, $0.support) }
    let summary = """
      On the validation texts, a label being given at a score of \
      \(MultiLabelReport.usualThreshold): micro F1 \(report.micro.f1.fixed(4)), macro F1 \
      \(report.macro.f1.fixed(4)), samples F1 \(report.samples.f1.fixed(4)), all labels of a text \
      right \(report.subsetAccuracy.fixed(4)).
      """
    return [summary, ""] + table(["label", "precision", "recall", "F1", "texts"], perLabel)
      + epochs(
        outcome, [("micro F1", "micro_f1"), ("macro F1", "macro_f1")], chosenBy: "micro F1")
  }

  private static func row(
    _ label: String, _ figures: ClassificationReport.Figures, _ support: Int
  ) -> [String] {
    [cell(label)] + [figures.precision, figures.recall, figures.f1].map { $0.fixed(4) }
      + ["\(support)"]
  }

  private static func epochs(
    _ outcome: TrainingOutcome, _ columns: [(name: String, key: String)], chosenBy score: String
  ) -> [String] {
    let rows = outcome.epochs.map { record -> [String] in
      let figures = record.figures?.figures ?? [:]
      return ["\(record.epoch)", record.trainingLoss.fixed(4)]
        + (["loss"] + columns.map(\.key)).map { figures[$0]?.fixed(4) ?? "" }
    }
    let best = outcome.best?.epoch ?? outcome.epochs.count
    return ["", "By epoch:", ""]
      + table(["epoch", "training loss", "validation loss"] + columns.map(\.name), rows)
      + [
        "",
        """
        The weights are those of epoch \(best), chosen by the \(score) on these texts: on new texts \
        the figures may be a little lower.
        """,
      ]
  }
}
