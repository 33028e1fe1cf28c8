import ArgumentParser
import Cloud4Bert

/// `--candidate-labels`, for labels that a model was not trained for.
struct ZeroShotOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Labels of your own, separated by commas, for a model of natural-language inference.",
      discussion: "The model tells of each how well a sentence with it follows from the text.",
      valueName: "names"),
    transform: LabelNames.names)
  var candidateLabels: [String]?

  @Option(
    help: ArgumentHelp(
      "That sentence, with {} where the label goes. (default: This example is {}.)",
      valueName: "template"))
  var hypothesisTemplate: String?

  @Flag(help: "Let a text have any number of the candidate labels: their scores are independent.")
  var multiLabel = false

  func validate() throws {
    if candidateLabels == nil, hypothesisTemplate != nil || multiLabel {
      throw ValidationError(
        "--hypothesis-template and --multi-label go with --candidate-labels")
    }
    if let hypothesisTemplate,
      hypothesisTemplate.split(separator: "{}", omittingEmptySubsequences: false).count != 2
    {
      throw ValidationError("--hypothesis-template needs one {} where the label goes")
    }
  }

  func applied(to options: ZeroShotClassifier.Options) -> ZeroShotClassifier.Options {
    var options = options
    if let hypothesisTemplate { options.hypothesisTemplate = hypothesisTemplate }
    options.isMultiLabel = multiLabel
    return options
  }

  var settings: [(name: String, value: String?)] {
    [
      ("--candidate-labels", candidateLabels.map { $0.joined(separator: ",") }),
      ("--hypothesis-template", hypothesisTemplate), ("--multi-label", multiLabel ? "on" : nil),
    ]
  }
}
