import ArgumentParser
import Checkpoints
import Cloud4Bert
import Files
import Records
import Training
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `--problem-type`, by the names that `config.json` has for them.
enum ProblemTypeChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case singleLabel = "single_label_classification"
  case multiLabel = "multi_label_classification"
}

/// `--class-weights`
enum ClassWeightsChoice: CustomStringConvertible {
  case none, balanced
  case fixed([Double])

  /// - Throws: `ValidationError` for anything else.
  init(argument: String) throws {
    switch argument {
    case "none": self = .none
    case "balanced": self = .balanced
    default:
      let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
        Double($0.drop { $0 == " " })
      }
      let weights = numbers.compactMap { $0 }
      guard weights.count == numbers.count, weights.allSatisfy({ $0 >= 0 && $0.isFinite }),
        weights.contains(where: { $0 > 0 })
      else {
        throw ValidationError(
          "give none, balanced, or a number of 0 or more for each label, separated by commas")
      }
      self = .fixed(weights)
    }
  }

  var description: String {
    switch self {
    case .none: "none"
    case .balanced: "balanced"
    case .fixed(let weights): weights.map { "\($0)" }.joined(separator: ",")
    }
  }

  /// One for each label; nil where all count alike.
  func weights(of texts: LabelledTexts) throws -> [Double]? {
    switch self {
    case .none: return nil
    case .balanced:
      // scikit-learn's `class_weight="balanced"`; a label without texts has none to weigh.
      let used = texts.counts.count { $0 > 0 }
      return texts.counts.map { count in
        count == 0 ? 0 : Double(texts.inputs.count) / Double(used * count)
      }
    case .fixed(let weights):
      guard weights.count == texts.labels.count else {
        throw WrongCount(given: weights.count, labels: texts.labels)
      }
      return weights
    }
  }

  struct SeveralLabels: Error, CustomStringConvertible {
    let description = "--class-weights is for texts of one label each; these may have several"
  }

  struct WrongCount: Error, CustomStringConvertible {
    let given: Int
    let labels: [String]

    var description: String {
      """
      --class-weights has \(given) number\(given == 1 ? "" : "s") for \(labels.count) labels; give \
      one for each of \(quotedList(labels)), in this order
      """
    }
  }
}

/// `cloud4bert train`
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fine-tune a model on labelled texts.",
    discussion: """
      Trains all weights of a BERT, DistilBERT, RoBERTa, XLM-RoBERTa or CamemBERT model to tell \
      your labels apart, and writes a model folder that classify opens, and transformers' AutoModelForSequenceClassification too. The \
      model may be an encoder alone, from pretraining, or a classifier: its head is kept where it \
      has your labels, and else begins anew. For something quicker, see fit.

        cloud4bert train --model ./all-minilm --input labelled.csv \\
            --output ./my-model
        cloud4bert train --model google-bert/bert-base-uncased --input train.csv \\
            --validation dev.csv --epochs 3 --learning-rate 3e-5 --output ./topics
        cloud4bert train --model ./all-minilm --input labelled.csv \\
            --output ./my-model --resume

      A text may have several labels, or none: as a JSON array ("label": ["bug", "wish"]) or, with \
      --label-separator, between separators. Then each label is learned by itself (binary \
      cross-entropy), as it is where the model's problem_type is multi_label_classification.

      As the fine-tuning of transformers' examples: AdamW, a learning rate that rises and then falls \
      in a straight line, gradients clipped to a norm of 1. Models of 384 and fewer columns often \
      do best with a rate of 1e-4, larger ones with 2e-5 to 5e-5; 3 or 4 epochs are mostly enough.

      Ctrl-C writes a checkpoint, and so does the run itself every two minutes and after each epoch. \
      --resume with the same options goes on as if there had been no break. The output folder has \
      training-log.jsonl, an object a step and one an epoch.

      Prints the figures of the saved model on the validation texts.
      """)

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var badExampleOptions: BadExampleOptions

  @OptionGroup var labelOptions: LabelOptions

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp(
      "The labels in the order of their ids, separated by commas.",
      discussion: """
        Without it, those of the model where the texts have the same, and else those of the texts \
        in alphabetical order. Rows may also give the id.
        """,
      valueName: "names"), transform: LabelNames.names)
  var labels: [String]?

  @Option(
    help: ArgumentHelp(
      "How much each label's texts count: none, balanced, or a number for each label.",
      discussion: "balanced lets all labels count alike, however many texts they have.",
      valueName: "weights"),
    transform: { try ClassWeightsChoice(argument: $0) })
  var classWeights = ClassWeightsChoice.none

  @Option(
    help: ArgumentHelp(
      "auto, single_label_classification or multi_label_classification: how many labels a text has.",
      discussion: """
        auto: any number where the model's config.json says so, where a row has a list of labels, and \
        with --label-separator; else one.
        """,
      valueName: "type"))
  var problemType = ProblemTypeChoice.auto

  @OptionGroup var separatorOptions: SeparatorOptions

  @OptionGroup var trainingOptions: TrainingOptions

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    guard inputOptions.input != nil else {
      throw ValidationError("nothing to learn from: give a file of labelled texts with --input")
    }
    try inputOptions.checkOneInput()
    try inputOptions.checkColumns(labelColumn: labelOptions.labelColumn)
    if let labels, labels.count < 2 {
      throw ValidationError("--labels must name two labels or more")
    }
    if problemType == .singleLabel, separatorOptions.labelSeparator != nil {
      throw ValidationError(
        "--label-separator is for texts of several labels, not for single_label_classification")
    }
    if case .file("-") = trainingOptions.validation, inputOptions.input == "-" {
      throw ValidationError("--input and --validation cannot both be standard input")
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    // What can be refused is refused before the work.
    let destination = try trainingOptions.destination()
    let reader = try self.reader(of: inputOptions.input ?? "-")
    let base = try await StoredModel(
      folder: modelOptions.folder ?? TextClassifier.defaultModelFolder())
    let badRows = try badExampleOptions.badRows(of: reader)
    let data = try TrainingTexts(
      texts(reader, base: base, leavingOut: badRows), validation: trainingOptions.validation,
      seed: trainingOptions.seed
    ) { file, labels, isMultiLabel in
      try LabelledTexts(
        self.reader(of: file), labelColumn: labelOptions.labelColumn, labels: labels,
        unlabelled: unlabelled,
        several: isMultiLabel ? .taken(separator: separatorOptions.separator) : .refused,
        leavingOut: badRows?.ofFile(file))
    }
    try badRows?.close()
    let learner = try learner(data, base: base)
    tell(data, learner)

    // Until here a signal ends the program without our help.
    let interruption = Interruption()
    let outcome = try trainingOptions.train(
      learner, in: destination, identity: identity(base.folder, learner), interruption: interruption
    )
    try finish(data, learner, outcome, destination, base.folder, interruption)
    let seconds = ProgressLine.duration((ContinuousClock.now - start) / .seconds(1))
    StandardError.line("\(trainingOptions.output) written, \(seconds) in all")
  }

  private func reader(of path: String) throws -> RecordReader {
    try inputOptions.reader(
      of: path, requiredColumns: [labelOptions.labelColumn], requiredMayBeMissing: true)
  }

  private var unlabelled: LabelledTexts.Unlabelled {
    labelOptions.skipUnlabelled ? .skipped : .refusedUnlessSkipped
  }

  private func learner(_ data: TrainingTexts, base: StoredModel) throws -> ClassificationLearner {
    let (training, options) = (data.training, trainingOptions.learnerOptions)
    guard training.isMultiLabel else {
      return try ClassificationLearner(
        base: base, labels: training.labels, training: (training.inputs, training.classes),
        validation: data.validation.map { ($0.inputs, $0.classes) },
        classWeights: try classWeights.weights(of: training), options: options)
    }
    if case .none = classWeights {
    } else {
      throw ClassWeightsChoice.SeveralLabels()
    }
    return try ClassificationLearner(
      base: base, labels: training.labels, training: (training.inputs, training.labelIDs),
      validation: data.validation.map { ($0.inputs, $0.labelIDs) }, options: options)
  }

  /// How many labels a text may have.
  private func several(_ configuration: ModelConfiguration) -> LabelledTexts.Several {
    let separator = separatorOptions.separator
    switch problemType {
    case .singleLabel: return .refused
    case .multiLabel: return .taken(separator: separator)
    case .auto:
      let isTaken =
        separatorOptions.labelSeparator != nil
        || configuration.problemType == .multiLabelClassification
      return isTaken ? .taken(separator: separator) : .whereListed(separator: separator)
    }
  }

  /// The texts to learn from, their labels in the order that the new model will have.
  private func texts(
    _ reader: RecordReader, base: StoredModel, leavingOut badRows: BadRows?
  ) throws -> LabelledTexts {
    let configuration = base.configuration
    let texts = try LabelledTexts(
      reader, labelColumn: labelOptions.labelColumn, labels: labels, unlabelled: unlabelled,
      several: several(configuration), leavingOut: badRows)
    try texts.checkForTraining()
    guard labels == nil else { return texts }
    let known = configuration.labels
    // A config.json may give two ids one name.
    let areTheSame = known.count == texts.labels.count && Set(known) == Set(texts.labels)
    return areTheSame ? texts.relabelled(known) : texts
  }

  private func identity(_ base: URL, _ learner: ClassificationLearner) -> [String: String] {
    var identity = trainingOptions.identity(maxLength: learner.maxLength)
    identity["--model"] = base.standardizedFileURL.path
    identity["--class-weights"] = "\(classWeights)"
    identity["--problem-type"] = learner.problemType.rawValue
    identity["the labels"] = learner.labels.map(JSON.quote).joined(separator: ", ")
    // In alphabetical order behind what changes them too, which is told first.
    identity["the training texts' digest"] = learner.trainingDigest
    identity["the validation texts' digest"] = learner.validationDigest ?? "none"
    return identity
  }

  /// What is known before the first step.
  private func tell(_ data: TrainingTexts, _ learner: ClassificationLearner) {
    let (training, validation) = (data.training, data.validation)
    StandardError.line(
      "\(training.inputs.count.grouped) texts to train on, "
        + "\((validation?.inputs.count ?? 0).grouped) for validation; "
        + "\(training.labels.count) labels\(training.isMultiLabel ? ", any number a text" : ""): "
        + training.summary)
    for note in data.notes + learner.notes { StandardError.line(note) }
    for note in trainingOptions.notes { StandardError.line(note) }
    StandardError.line(trainingOptions.precisionLine)
    StandardError.line(learner.memory.text)
  }

  /// How the model came to be, for its card.
  private func settingLines(
    _ learner: ClassificationLearner, _ outcome: TrainingOutcome
  ) -> [String] {
    trainingOptions.settingLines(outcome, maxLength: learner.maxLength)
      + [
        learner.problemType == .multiLabelClassification
          ? "Labels: any number a text, each by its binary cross-entropy"
          : "Weights of the labels: \(classWeights)"
      ] + learner.notes.map { "Note: \($0)" }
  }

  /// A model's name as people know it.
  private static func name(of base: URL) -> String {
    base.standardizedFileURL.lastPathComponent
  }

  /// Writes the model, and prints how good it is.
  private func finish(
    _ data: TrainingTexts, _ learner: ClassificationLearner, _ outcome: TrainingOutcome,
    _ destination: ModelFolder, _ base: URL, _ interruption: Interruption
  ) throws {
    // What is measured is what is saved.
    if trainingOptions.savePrecision == .bfloat16 { learner.roundToBFloat16() }
    let report = try learner.report()
    let card = ModelCard(
      base: Self.name(of: base), training: data.training, validation: data.validation,
      settings: settingLines(learner, outcome), outcome: outcome, report: report)
    try learner.write(
      to: destination, isBFloat16: trainingOptions.savePrecision == .bfloat16, card: card.text)
    interruption.conclude()
    let output = try ByteSink(path: "-")
    if trainingOptions.json {
      let object = TrainingObject(
        output: trainingOptions.output, outcome: outcome, report: report)
      output.append(try JSON.line(of: object) + [UInt8(ascii: "\n")])
    } else {
      switch report {
      case .one(let report)?: output.append(EvaluationTables(report: report).text.utf8)
      case .several(let report)?: output.append(MultiLabelTables(report: report).text.utf8)
      case nil: break
      }
    }
    try output.close()
  }
}
