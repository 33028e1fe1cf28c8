public import ArgumentParser
import Checkpoints
import Cloud4Bert
import Files
import Inference
import Records
import Training

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `--regularization`: scikit-learn's C, or the best by cross-validation.
enum RegularizationChoice: CustomStringConvertible {
  case auto
  case fixed(Double)

  /// - Throws: `ValidationError` for anything else.
  init(argument: String) throws {
    if argument == "auto" {
      self = .auto
    } else if let c = Double(argument), c > 0, c.isFinite {
      self = .fixed(c)
    } else {
      throw ValidationError("give a number above 0, or auto")
    }
  }

  var description: String {
    switch self {
    case .auto: "auto"
    case .fixed(let c): "\(c)"
    }
  }
}

/// `--pooling` of fit
extension LinearHead.Pooling: ExpressibleByArgument {
  /// What gives the classifier's vectors, but for the norm of the mean.
  fileprivate var ofFeatures: FeatureExtractor.Pooling {
    switch self {
    case .mean: .mean
    case .cls: .cls
    case .pooler: .pooler
    case .preClassifier: .preClassifier
    }
  }
}

/// `cloud4bert fit`
struct FitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Make a classifier for your own labels from labelled texts, in seconds.",
    discussion: """
      Fits a logistic regression on an encoder's features of the texts, the encoder left as it is, \
      and writes a model folder that classify opens, and transformers' \
      AutoModelForSequenceClassification too. Labels may be any strings.

        cloud4bert fit --features-from ./all-minilm --input labelled.csv \\
            --output ./my-model
        cloud4bert classify --model ./my-model "Does this work?"
        cloud4bert fit --input labelled.jsonl --label-column topic \\
            --regularization 0.1 --output ./topics

      What it is fitted on, by --pooling:
        mean            the mean of all tokens' states, layer-normalised; the model gets one more \
      layer, which computes it.
        cls             the first token's state.
        pooler          BERT's pooler_output, kept as it is.
        pre-classifier  the hidden layer of a DistilBERT classifier, kept as it is.
      Without it, a folder of sentence-transformers gives its own pooling (mean or cls; with \
      modules that no standard classifier has it is refused), a folder with a classifier what that \
      one reads (pooler or pre-classifier), and any other the mean.

      --regularization is scikit-learn's C, the larger the weaker. auto takes the one with the \
      smallest log loss by stratified cross-validation.
      """)

  @Option(
    help: ArgumentHelp(
      "The model folder of the encoder, or the name of a model on the Hugging Face Hub.",
      discussion: "Without it, the model that comes with the program.",
      valueName: "folder|name"),
    completion: .directory)
  var featuresFrom: String?

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var badExampleOptions: BadExampleOptions

  @Option(help: ArgumentHelp("The column or field that holds the label.", valueName: "name"))
  var labelColumn = LabelColumn.usualName

  @Option(
    help: ArgumentHelp(
      "What the classifier reads: mean, cls, pooler or pre-classifier (default: see above)."))
  var pooling: LinearHead.Pooling?

  @Option(
    help: ArgumentHelp("C, or auto for the best by cross-validation.", valueName: "c"),
    transform: { try RegularizationChoice(argument: $0) })
  var regularization = RegularizationChoice.auto

  @Option(help: ArgumentHelp("Parts of the cross-validation.", valueName: "n"))
  var folds = 5

  @OptionGroup var outputFolder: OutputFolderOptions

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var output: String { outputFolder.output }

  func validate() throws {
    if inputOptions.input == nil {
      throw ValidationError("nothing to learn from: give a file of labelled texts with --input")
    }
    try inputOptions.checkOneInput()
    try inputOptions.checkColumns(labelColumn: labelColumn)
    if folds < 2 { throw ValidationError("--folds must be at least 2") }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let given = OpenedFolder(
      try await ModelOptions.folder(of: featuresFrom) ?? TextClassifier.defaultModelFolder())
    let folder = try LinearHead.encoderFolder(of: given)
    // What can be refused is refused before the work.
    let destination = try ModelFolder(URL(filePath: output), replacing: outputFolder.overwrite)
    let reader = try inputOptions.reader(
      of: inputOptions.input ?? "-", requiredColumns: [labelColumn])
    let badRows = try badExampleOptions.badRows(of: reader)
    let texts = try LabelledTexts(reader, labelColumn: labelColumn, leavingOut: badRows)
    try badRows?.close()
    try texts.checkForTraining()
    let pooling = try pooling ?? LinearHead.standardPooling(encoder: given)
    let head = try LinearHead(encoder: folder, pooling: pooling)
    if let prompts = try SentenceModules.prompts(of: given), let name = prompts.defaultName,
      prompts[name] != ""
    {
      StandardError.line(
        "the prompt \(quoted(name)), which sentence-transformers puts before texts, is left out: "
          + "a classifier has none")
    }
    let extractor = try FeatureExtractor(
      folder: folder,
      options: batchOptions.applied(to: FeatureExtractor.Options(pooling: pooling.ofFeatures)),
      isForSentences: false)
    StandardError.line(
      "\(texts.inputs.count.grouped) texts, \(texts.labels.count) labels: "
        + "\(texts.summary); pooling \(pooling.rawValue)")
    let lonely = texts.noteOfLonelyLabels("which cross-validation always gets wrong")
    for note in [lonely].compactMap({ $0 }) + texts.notes { StandardError.line(note) }

    // Until here a signal ends the program without our help.
    let interruption = Interruption()
    let inputs = texts.inputs.map(\.forClassifier)
    let vectors = try await vectors(of: inputs, extractor, head, interruption)
    let data = LabelledFeatures(
      vectors, classes: texts.classes, classCount: texts.labels.count)
    let score = try await validated(data, extractor.engine.threads, texts, interruption)
    let regression = LogisticRegression(fitting: data, c: score.c)
    try check(interruption)
    guard regression.hasConverged else { throw NotConverged(c: score.c) }
    let card = ModelCard(
      encoder: folder.url, texts: texts, pooling: pooling, score: score,
      folds: score.isValidated ? folds : nil, maxLength: extractor.maxLength)
    try destination.write(
      regression, labels: texts.labels, head: head, card: card.text)
    let seconds = ProgressLine.duration((ContinuousClock.now - start) / .seconds(1))
    StandardError.line("\(output) written, \(seconds) in all")
  }

  /// The texts' vectors, as the classifier will see them.
  private func vectors(
    of inputs: [TextInput], _ extractor: FeatureExtractor, _ head: LinearHead,
    _ interruption: Interruption
  ) async throws -> [[Float]] {
    var progress = ProgressLine(total: inputs.count)
    var vectors: [[Float]] = []
    vectors.reserveCapacity(inputs.count)
    // In parts, between which Ctrl-C is heard.
    let part = 64 * extractor.engine.threads
    for start in stride(from: 0, to: inputs.count, by: part) {
      try check(interruption)
      let features = try await extractor.features(
        of: Array(inputs[start..<min(start + part, inputs.count)]))
      vectors += features.map { head.vector($0.values) }
      progress.update(rows: vectors.count, bytes: vectors.count)
    }
    progress.finish(rows: vectors.count)
    return vectors
  }

  /// The regularisation, and how good it is where that can be told.
  private func validated(
    _ data: LabelledFeatures, _ threads: Int, _ texts: LabelledTexts, _ interruption: Interruption
  ) async throws -> ChosenScore {
    guard data.count >= folds else {
      guard case .fixed(let c) = regularization else {
        throw TooFewTexts(count: data.count, folds: folds)
      }
      StandardError.line(
        "\(data.count) texts are too few for \(folds) folds, so there is no cross-validation")
      return ChosenScore(c: c, validated: nil)
    }
    let candidates: [Double] =
      switch regularization {
      case .auto: CrossValidation.candidates
      case .fixed(let c): [c]
      }
    let scores = try await CrossValidation(data, folds: folds).scores(
      of: candidates, threads: threads
    ) { _ in try check(interruption) }
    let best = CrossValidation.best(scores)
    StandardError.line(
      """
      C \(best.c.significant(3))\(scores.count > 1 ? " of \(scores.count) tried" : ""); \
      \(folds)-fold cross-validation: accuracy \(best.accuracy.percent(1)), \
      weighted F1 \(best.weightedF1.percent(1))
      """)
    return ChosenScore(c: best.c, validated: best)
  }

  private func check(_ interruption: Interruption) throws {
    if let code = interruption.exitCode {
      StandardError.fault("stopped; nothing is written")
      throw ExitCode(code)
    }
  }

  struct ChosenScore {
    let c: Double
    let validated: CrossValidation.Score?

    var isValidated: Bool { validated != nil }
  }

  struct TooFewTexts: Error, CustomStringConvertible {
    let count: Int
    let folds: Int

    var description: String {
      """
      \(count) texts cannot be cut into \(folds) folds to choose the regularisation; give more \
      texts, --folds \(count), or a number with --regularization
      """
    }
  }

  struct NotConverged: Error, CustomStringConvertible {
    let c: Double

    var description: String {
      """
      the regression has no stable solution with C \(c): the labels can be told apart without \
      error; give a smaller --regularization, or auto
      """
    }
  }
}
