import ArgumentParser
import Cloud4Bert
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert evaluate`
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model, or two side by side, on texts whose labels are known.",
    discussion: """
      Classifies every text of a file and compares the answers with the labels in one of its \
      columns. Prints precision, recall and F1 by label and on average, accuracy, the confusion \
      matrix, the Matthews correlation, the calibration error (15 equal ranges of the top score), \
      and the mistakes that the model was surest of.

        cloud4bert evaluate labelled.csv
        cloud4bert evaluate labelled.csv --report report.html
        cloud4bert evaluate gold.jsonl --label-column gold --json | jq .weighted
        cloud4bert evaluate labelled.csv --model ./old --model ./new
        cloud4bert evaluate --predictions labelled-by-others.csv

      A label in the file is a label's name, its id (0, 1 …; not where names are numbers \
      themselves), or LABEL_ and the id; if none fits exactly, upper and lower case are the same. \
      Figures are those of scikit-learn, a ratio to 0 being 0. A label that no text has and none \
      was given is listed, and left out of the macro average, as scikit-learn does.

      Where the model may give a text several labels (problem_type multi_label_classification), a \
      field is a JSON array or has --label-separator between labels, and may be empty; the figures \
      are micro, macro, weighted and samples averages, and the best threshold for each label.

      With two models the second is compared with the first: McNemar's test, and an interval for \
      the difference in F1. --predictions measures labels that are in a file already, such as those \
      that classify wrote beside the true ones.
      """)

  @Argument(
    help: ArgumentHelp(
      "The file of labelled texts; - is standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var badExampleOptions: BadExampleOptions

  @OptionGroup var labelOptions: LabelOptions

  @OptionGroup var separatorOptions: SeparatorOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A Hugging Face model folder, or the name of a model on the Hub; twice to compare two.",
      discussion: """
        organisation/name or organisation/name@revision; fetched once and kept (see pull --help). \
        Without it, the model that comes with the program.
        """,
      valueName: "folder|name"),
    completion: .directory)
  var model: [String] = []

  @OptionGroup var predictionOptions: PredictionOptions

  @OptionGroup var labelNameOptions: LabelNameOptions

  @Option(
    help: ArgumentHelp(
      "The score above which a label is given, where a text may have several.",
      valueName: "score"))
  var threshold: Float = MultiLabelReport.usualThreshold

  @Option(help: ArgumentHelp("How many of the most confident mistakes to show.", valueName: "n"))
  var mistakes = 10

  @Option(
    help: ArgumentHelp(
      "How often the texts are drawn for the 95 % interval of F1; 0 for no interval.",
      valueName: "n"))
  var bootstrap = 1000

  @Option(help: ArgumentHelp("Gives the drawn texts.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Also write a page with plots, for a web browser.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var report: String?

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var overflowOptions: OverflowOptions

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    let files = [file, inputOptions.input, predictionOptions.predictions].compactMap { $0 }
    guard files.count < 2 else {
      throw ValidationError("give one file: \(files.joined(separator: " or "))")
    }
    guard !files.isEmpty else {
      throw ValidationError("nothing to evaluate: give a file of labelled texts")
    }
    if predictionOptions.predictions != nil, !model.isEmpty {
      throw ValidationError("--predictions needs no model: its labels are given already")
    }
    if model.count > 2 {
      throw ValidationError("two models can be compared, and \(model.count) are given")
    }
    try predictionOptions.validate(labelColumn: labelOptions.labelColumn)
    try inputOptions.checkOneInput()
    try inputOptions.checkColumns(labelColumn: labelOptions.labelColumn)
    try overflowOptions.validate(pairColumn: inputOptions.pairColumn)
    if mistakes < 0 { throw ValidationError("--mistakes must not be negative") }
    guard (0...1_000_000).contains(bootstrap) else {
      throw ValidationError("--bootstrap is from 0 to 1000000")
    }
    guard (0..<1).contains(threshold) else {
      throw ValidationError("--threshold is from 0 to less than 1")
    }
    if report == "-" { throw ValidationError("--report needs the name of a file") }
  }

  func run() async throws {
    let reader: RecordReader
    if let predictions = predictionOptions.predictions {
      reader = try inputOptions.reader(
        of: predictions, requiredColumns: predictionOptions.columns(labelOptions.labelColumn),
        requiredMayBeMissing: true, textMayBeMissing: true)
    } else {
      // The input first: a wrong path is told before a large model is opened.
      reader = try inputOptions.reader(
        of: file ?? inputOptions.input ?? "-", requiredColumns: [labelOptions.labelColumn],
        requiredMayBeMissing: true)
    }
    let evaluation = try await evaluation(reader)
    // Before the work: a page that cannot be written should not cost the wait.
    let page = try report.map { try ByteSink(path: $0, notOverwriting: reader.identity) }
    let result = try await evaluation.run(
      reader, leavingOut: badExampleOptions.badRows(of: reader))

    let output = try ByteSink(path: "-")
    output.append(try json ? result.object : Array(result.tables.utf8))
    try output.close()
    if let page {
      page.append(result.page.utf8)
      try page.close()
      StandardError.line("report written to \(page.name)")
    }
  }

  private func evaluation(_ reader: RecordReader) async throws -> any Evaluation {
    let settings = EvaluationSettings(
      column: LabelColumn(name: labelOptions.labelColumn),
      skipsUnlabelled: labelOptions.skipUnlabelled,
      separator: separatorOptions.labelSeparator, names: labelNameOptions.labels,
      threshold: threshold, mistakeLimit: mistakes,
      bootstrap: bootstrap > 0 ? Bootstrap(resamples: bootstrap, seed: seed) : nil,
      wantsCurves: report != nil)
    if predictionOptions.predictions != nil {
      return PredictionEvaluation(settings: settings, options: predictionOptions)
    }
    let options = overflowOptions.applied(
      to: batchOptions.applied(to: TextClassifier.Options()))
    var models: [(name: String, classifier: TextClassifier)] = []
    for name in model.isEmpty ? [nil] : model.map(Optional.some) {
      let classifier = try await TextClassifier(
        folder: ModelOptions.folder(of: name), options: options)
      models.append((Self.name(of: name, classifier), classifier))
    }
    if models.count == 2, models[0].name == models[1].name { models[1].name += " (2)" }
    return try ModelEvaluation(settings: settings, models: models)
  }

  /// A folder by its last part, a model of the Hub as it was named.
  private static func name(of model: String?, _ classifier: TextClassifier) -> String {
    guard let model, classifier.folder.standardizedFileURL.path.contains("/snapshots/") else {
      return classifier.folder.standardizedFileURL.lastPathComponent
    }
    return model.split(separator: "/").count > 2
      ? classifier.folder.standardizedFileURL.lastPathComponent : model
  }
}

/// Where labels are that a file has already.
struct PredictionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file whose texts have predicted labels beside the true ones, instead of a model.",
      valueName: "file"),
    completion: .file())
  var predictions: String?

  @Option(
    help: ArgumentHelp(
      "The column or field of the predicted label. (default: predicted_label)", valueName: "name"))
  var predictedColumn: String?

  @Option(
    help: ArgumentHelp(
      "The column or field of the predicted label's score, if there is one.",
      discussion: """
        Without it, predicted_score, or whatever classify calls the score beside the predicted \
        column. Columns of each label's score behind it, as classify --scores all writes them, are \
        taken too.
        """,
      valueName: "name"))
  var scoreColumn: String?

  var column: String { predictedColumn ?? "predicted_label" }

  /// What classify calls the score beside a label of that name.
  var usualScoreColumn: String {
    column.hasSuffix("label") ? "\(column.dropLast(5))score" : "score"
  }

  /// Those that a file must have.
  func columns(_ labelColumn: String) -> [String] {
    [labelColumn, column] + (scoreColumn.map { [$0] } ?? [])
  }

  func validate(labelColumn: String) throws {
    guard predictions != nil else {
      if predictedColumn != nil || scoreColumn != nil {
        throw ValidationError("--predicted-column and --score-column go with --predictions")
      }
      return
    }
    let columns = columns(labelColumn)
    guard Set(columns).count == columns.count else {
      throw ValidationError(
        "--label-column, --predicted-column and --score-column must name different columns")
    }
  }
}
