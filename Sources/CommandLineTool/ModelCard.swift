import Cloud4Bert

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The README.md of a classifier that `fit` made: what it was made from, how, and how good it is.
struct ModelCard {
  let encoder: URL
  let input: String
  let texts: LabelledTexts
  let pooling: FeatureExtractor.Pooling
  let score: FitCommand.ChosenScore
  let folds: Int?
  let maxLength: Int

  var text: String {
    let name = encoder.standardizedFileURL.lastPathComponent
    var lines = [
      "---",
      "library_name: transformers",
      "pipeline_tag: text-classification",
      "tags: [cloud4bert]",
      "---",
      "",
      "# A classifier on features of \(name)",
      "",
      "A multinomial logistic regression on the features of a frozen encoder, made by `cloud4bert fit`.",
      "",
      "## Data",
      "",
      "\(texts.inputs.count) texts of \(URL(filePath: input).lastPathComponent):",
      "",
      "| label | texts |",
      "| --- | --- |",
    ]
    for (label, count) in zip(texts.labels, texts.counts) {
      let shown = label.split(whereSeparator: \.isNewline).joined(separator: " ")
      lines.append("| \(shown.replacing("|", with: "\\|")) | \(count) |")
    }
    lines += [
      "",
      "## Settings",
      "",
      "- Features: \(features)",
      "- Regularisation: L2, C = \(score.c), the intercepts left free",
      "- Longest text: \(maxLength) tokens; the rest of longer ones was not seen",
      "",
      "## Figures",
      "",
    ]
    if let folds, let score = score.validated {
      lines += [
        "By stratified \(folds)-fold cross-validation on the texts above:",
        "",
        "| accuracy | weighted F1 | log loss |",
        "| --- | --- | --- |",
        """
        | \(FitCommand.percent(score.accuracy)) | \(FitCommand.percent(score.weightedF1)) \
        | \((score.logLoss * 10000).rounded() / 10000) |
        """,
        "",
        "Where C was chosen by the same folds, they are a little better than on new texts.",
      ]
    } else {
      lines.append("None: there were too few texts for a cross-validation.")
    }
    lines += [
      "",
      "## Use",
      "",
      "```",
      "cloud4bert classify --model THIS_FOLDER \"A text\"",
      "```",
      "",
      "In Python, `transformers.pipeline(\"text-classification\", THIS_FOLDER)`.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private var features: String {
    switch pooling {
    case .mean:
      "the mean of all tokens' states, layer-normalised, which the last layer was added to compute"
    case .pooler: "the output of the encoder's pooler"
    case .preClassifier: "the hidden layer of the encoder's former classifier"
    case .cls, .max, .none: "the first token's state; the layer before the classifier passes it on"
    }
  }
}
