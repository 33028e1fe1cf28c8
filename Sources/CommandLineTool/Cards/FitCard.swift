import Cloud4Bert
import Training

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ModelCard {
  /// Of a linear classifier that `fit` made.
  ///
  /// - Parameter folds: Of the cross-validation; nil where there was none.
  init(
    encoder: URL, texts: LabelledTexts, pooling: LinearHead.Pooling,
    score: FitCommand.ChosenScore, folds: Int?, maxLength: Int
  ) {
    title = "A classifier on features of \(encoder.standardizedFileURL.lastPathComponent)"
    introduction =
      "A multinomial logistic regression on the features of a frozen encoder, made by `cloud4bert fit`."
    source = "\(texts.inputs.count) texts of \(URL(filePath: texts.file).lastPathComponent)"
    countNames = ["texts"]
    labels = zip(texts.labels, texts.counts).map { ($0, [$1]) }
    settings = [
      "Features: \(Self.features(pooling))",
      "Regularisation: L2, C = \(score.c), the intercepts left free",
      "Longest text: \(maxLength) tokens; the rest of longer ones was not seen",
    ]
    guard let folds, let score = score.validated else {
      figures = ["None: there were too few texts for a cross-validation."]
      return
    }
    figures =
      ["By stratified \(folds)-fold cross-validation on the texts above:", ""]
      + Self.table(
        ["accuracy", "weighted F1", "log loss"],
        [
          [
            score.accuracy.percent(1), score.weightedF1.percent(1),
            score.logLoss.fixed(4),
          ]
        ])
      + ["", "Where C was chosen by the same folds, they are a little better than on new texts."]
  }

  private static func features(_ pooling: LinearHead.Pooling) -> String {
    switch pooling {
    case .mean:
      "the mean of all tokens' states, layer-normalised, which the last layer was added to compute"
    case .pooler: "the output of the encoder's pooler"
    case .preClassifier: "the hidden layer of the encoder's former classifier"
    case .cls: "the first token's state; the layer before the classifier passes it on"
    }
  }
}
