import ArgumentParser
import Cloud4Bert
import Inference
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert classify`
struct ClassifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Give each text its label and score.",
    discussion: """
      Texts as arguments, and the lines of a text file, print the label, the score and the text. \
      A CSV or TSV file comes out with its columns and `label` and `score` behind them, a JSON \
      lines file with these fields added to each object. Where the input has a column of such a \
      name already, the new ones are called predicted_label and predicted_score. With another \
      --output-format, rows are converted; with txt, only the text stays of them.

        cloud4bert classify "Works like a charm" "Why is this still broken?"
        cloud4bert classify --input posts.csv --output labelled.csv
        cloud4bert classify --input posts.jsonl --scores all | jq .score_negative
        cloud4bert classify --input articles.csv --overflow window
        cloud4bert classify --labels bug,praise,wish --json "It crashes on start"
        cloud4bert classify --model ./topics --top-k 3 --input posts.csv
        cloud4bert classify --model ./tags --threshold 0.5 --input posts.jsonl
        cloud4bert classify --model ./my-model --input questions.tsv \\
            --text-column title --pair-column body
        cloud4bert classify --model ./mnli --candidate-labels billing,bug,praise \\
            --input posts.csv

      --top-k 3 adds label_2, score_2, label_3 and score_3, or in JSON lines the list predictions. \
      --threshold adds labels: all labels whose score is above it, in JSON lines as an array and \
      elsewhere with ; between them. Without texts and --input, what is piped in is read.

      Rows come out in the order of the input, and a stream of any length runs in constant \
      memory. Texts longer than the model takes are truncated, unless --overflow window has them \
      classified window by window. Bytes that are not UTF-8 are read \
      as U+FFFD, and counted at the end.
      """)

  @Argument(help: "Texts to classify.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var outputOptions: OutputOptions

  @OptionGroup var jobOptions: JobOptions

  @OptionGroup var badRowOptions: BadRowOptions

  @OptionGroup var modelOptions: ModelOptions

  enum Scores: String, ExpressibleByArgument, CaseIterable {
    case top, all
  }

  @Option(help: "top: the best label's score; all: every label's too, as score_<label>.")
  var scores: Scores = .top

  @Option(
    help: ArgumentHelp(
      "Tell the labels with the highest scores, at most as many as there are.", valueName: "n"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "Tell all labels whose score is above this, from 0 to 1.",
      discussion: "For models that may give a text several labels, or none.", valueName: "score"))
  var threshold: Float?

  @OptionGroup var labelNameOptions: LabelNameOptions

  @OptionGroup var zeroShotOptions: ZeroShotOptions

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var overflowOptions: OverflowOptions

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    try jobOptions.check(source, output: outputOptions.output)
    try badRowOptions.check(source, output: outputOptions.output)
    if let topK, topK < 1 { throw ValidationError("--top-k must be at least 1") }
    if let threshold, !(0...1).contains(threshold) {
      throw ValidationError("--threshold must be from 0 to 1")
    }
    if [topK != nil, threshold != nil, scores == .all].count(where: { $0 }) > 1 {
      throw ValidationError("give one of --top-k, --threshold and --scores all")
    }
    try inputOptions.checkColumns()
    if zeroShotOptions.candidateLabels != nil {
      try checkZeroShot()
    }
    try overflowOptions.validate(pairColumn: inputOptions.pairColumn)
  }

  /// - Throws: `ValidationError` for what does not go with labels that the model was not trained for.
  private func checkZeroShot() throws {
    try modelOptions.requireModel(of: ["natural-language inference, such as roberta-large-mnli"])
    for (option, isGiven) in [
      ("--labels", labelNameOptions.labels != nil),
      ("--pair-column", inputOptions.pairColumn != nil),
      ("--overflow window", overflowOptions.overflow == .window),
    ] where isGiven {
      throw ValidationError("--candidate-labels and \(option) do not go together")
    }
  }

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "classify") }
  }

  private var detail: ClassificationColumns.Detail {
    if let topK { return .top(topK) }
    if let threshold { return .above(threshold) }
    return scores == .all ? .all : .best
  }

  /// A classifier by the labels of a model, or one by those that a person names.
  private enum Opened {
    case trained(TextClassifier)
    case zeroShot(ZeroShotClassifier)

    var labels: [String] {
      switch self {
      case .trained(let classifier): classifier.labels
      case .zeroShot(let classifier): classifier.labels
      }
    }

    func classify(_ text: String) throws -> Classification {
      switch self {
      case .trained(let classifier): try classifier.classifyBlocking(text)
      case .zeroShot(let classifier): try classifier.classifyBlocking(text)
      }
    }
  }

  private func open(_ folder: URL) throws -> Opened {
    guard let labels = zeroShotOptions.candidateLabels else {
      return .trained(try classifier(of: folder))
    }
    let options = zeroShotOptions.applied(
      to: batchOptions.applied(to: ZeroShotClassifier.Options()))
    return .zeroShot(try ZeroShotClassifier(folder: folder, labels: labels, options: options))
  }

  private func classifier(of folder: URL) throws -> TextClassifier {
    var options = overflowOptions.applied(
      to: batchOptions.applied(to: TextClassifier.Options()))
    options.labels = labelNameOptions.labels
    let classifier = try TextClassifier(folder: folder, options: options)
    if threshold != nil, classifier.scoreFunction == .identity { throw NoProbabilities() }
    return classifier
  }

  func run() async throws {
    if case .arguments(let texts) = try source {
      try classify(texts, with: open(await modelOptions.classifierFolder))
      return
    }
    var opened: Opened?
    try await jobOptions.run(
      try source, to: outputOptions.output, naming: outputOptions.name(of:)
    ) { job in
      // The input first: a wrong path is told before a large model is opened.
      let reader = try inputOptions.reader(of: job.input)
      let layout = try outputOptions.layout(of: reader.layout, file: reader.name, to: job.output)
      let journal = try job.journal(of: reader)
      let folder = try await modelOptions.classifierFolder
      try journal?.settle { try settings(of: reader, as: layout, folder) }
      let classifier = try opened ?? open(folder)
      opened = classifier
      switch classifier {
      case .trained(let classifier):
        try await classify(
          job, reader, as: layout, journal, with: classifier.engine, classifier.labels)
      case .zeroShot(let classifier):
        try await classify(
          job, reader, as: layout, journal, with: classifier.engine, classifier.labels)
      }
    }
  }

  private func classify<Use: ModelTask>(
    _ job: FileJob, _ reader: RecordReader, as layout: RecordLayout, _ journal: JobJournal?,
    with engine: Engine<Use>, _ labels: [String]
  ) async throws where Use.Input == TextInput, Use.Answer == Classification {
    let sink = try ByteSink(
      path: job.output, notOverwriting: reader.identity, keeping: journal?.kept.first)
    let columns = ClassificationColumns(labels: labels, detail: detail, format: layout.format)
    let writer = try AnswerWriter(
      to: sink, layout: layout, adding: columns.names, input: reader.name, badRowOptions)
    try await RecordJob(
      reader: reader, sink: sink, engine: engine, journal: journal,
      badRows: badRowOptions.badRows(of: reader, journal, in: job)
    ).run {
      TextInput($0)
    } write: { record, answer in
      try writer.write(record, columns.values(of: answer))
    } writeBad: { record, reason in
      try writer.write(record, without: reason)
    }
  }

  private func settings(
    of reader: RecordReader, as layout: RecordLayout, _ folder: URL
  ) throws -> JobSettings {
    let own: [(name: String, value: String?)] = [
      ("--output-format", layout.format.rawValue), ("--scores", scores.rawValue),
      ("--top-k", topK.map(String.init)), ("--threshold", threshold.map { "\($0)" }),
      ("--labels", labelNameOptions.labels.map { $0.joined(separator: ",") }),
    ]
    return try JobSettings(
      command: "classify", model: folder,
      inputOptions.settings(of: reader) + own + badRowOptions.settings + batchOptions.settings
        + overflowOptions.settings + zeroShotOptions.settings)
  }

  private func classify(_ texts: [String], with classifier: Opened) throws {
    let sink = try ByteSink(path: outputOptions.output)
    let layout = outputOptions.layoutOfArguments
    let columns = ClassificationColumns(
      labels: classifier.labels, detail: detail, format: layout.format)
    let writer = try RecordWriter(to: sink, layout: layout, adding: columns.names)
    for (index, text) in texts.enumerated() {
      let answer = try classifier.classify(text)
      try writer.write(Record(row: index + 1, text: text), columns.values(of: answer))
    }
    try sink.close()
  }

  struct NoProbabilities: Error, CustomStringConvertible {
    var description: String {
      "this model is a regression, whose scores are no probabilities: leave --threshold out"
    }
  }
}
