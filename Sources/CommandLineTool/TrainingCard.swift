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
    outcome: TrainingOutcome, report: ClassificationReport?
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
    _ outcome: TrainingOutcome, _ report: ClassificationReport?
  ) -> [String] {
    guard let report else {
      return ["None: there were no validation texts. The weights are those of the last epoch."]
    }
    let epochs = outcome.epochs.map { record -> [String] in
      let figures = record.figures?.figures ?? [:]
      return ["\(record.epoch)", record.trainingLoss.fixed(4)]
        + ["loss", "accuracy", "weighted_f1"].map { figures[$0]?.fixed(4) ?? "" }
    }
    let perLabel = report.perClass.map { entry in
      let figures = entry.figures
      return [cell(entry.label)]
        + [figures.precision, figures.recall, figures.f1].map { $0.fixed(4) } + ["\(entry.support)"]
    }
    let weighted = report.weighted
    return
      [
        """
        On the validation texts: accuracy \(report.accuracy.fixed(4)), weighted F1 \
        \(weighted.f1.fixed(4)), macro F1 \(report.macro.f1.fixed(4)).
        """,
        "",
      ] + table(["label", "precision", "recall", "F1", "texts"], perLabel)
      + ["", "By epoch:", ""]
      + table(
        ["epoch", "training loss", "validation loss", "accuracy", "weighted F1"], epochs)
      + [
        "",
        """
        The weights are those of epoch \(outcome.best?.epoch ?? outcome.epochs.count), chosen by the \
        weighted F1 on these texts: on new texts the figures may be a little lower.
        """,
      ]
  }
}
