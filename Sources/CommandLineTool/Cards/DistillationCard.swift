import Checkpoints
import Cloud4Bert
import Training
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ModelCard {
  /// Of a student that `distil` made.
  ///
  /// - Parameters:
  ///   - input: The file of texts, and `unlabelled` that of more.
  ///   - settings: A line each.
  init(
    _ learner: DistillationLearner, input: String, unlabelled: String?,
    training: DistillationTexts, validation: DistillationTexts?, settings: [String],
    result: DistillationResult
  ) {
    let teacher = learner.teacher.folder.standardizedFileURL.lastPathComponent
    title = "A student of \(teacher)"
    introduction =
      "Distilled from \(teacher) (\(learner.teacherShape)) by `cloud4bert distil`, as DistilBERT was "
      + "from BERT (Sanh et al., 2019, https://arxiv.org/abs/1910.01108)."
    let files = [input] + (unlabelled.map { [$0] } ?? [])
    let names = files.map { URL(filePath: $0).lastPathComponent }.joined(separator: " and ")
    let isClassifier = learner.teacher.task == .classification
    let labelled = isClassifier ? " (\(training.labelledCount) with a label)" : ""
    source =
      "\(training.inputs.count) texts of \(names) to learn from\(labelled)"
      + (validation.map { ", \($0.inputs.count) for validation" } ?? "")
    countNames = ["training"] + (validation == nil ? [] : ["validation"])
    labels =
      !isClassifier
      ? []
      : learner.teacher.configuration.labels.enumerated().map { id, label in
        let counts = [training] + (validation.map { [$0] } ?? [])
        return (label, counts.map { $0.labels.count { $0 == id } })
      }
    self.settings = settings
    figures = Self.figures(result)
    task = isClassifier ? .textClassification : .fillMask
  }

  private static func figures(_ result: DistillationResult) -> [String] {
    let rows = result.rows
    let table = table(rows[0], Array(rows.dropFirst()))
    guard result.figures != nil else {
      return ["There were no validation texts. The weights are those of the last epoch.", ""]
        + table
    }
    let best = result.outcome.best
    return ["On the validation texts:", ""] + table
      + [
        "",
        """
        The weights are those of epoch \(best?.epoch ?? result.outcome.epochs.count), chosen by the \
        \(best?.figures?.scoreName ?? "loss") on these texts: on new texts the figures may be a \
        little lower.
        """,
      ]
  }
}
