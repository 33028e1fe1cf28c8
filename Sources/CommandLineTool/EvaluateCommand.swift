import ArgumentParser
import Cloud4Bert
import Quoting
import Records

/// `cloud4bert evaluate`
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on texts whose labels are known.",
    discussion: """
      Classifies every text of a file and compares the answers with the labels in one of its \
      columns. Prints precision, recall and F1 by label and on average, accuracy, the confusion \
      matrix, the Matthews correlation, the calibration error (15 equal ranges of the top score), \
      and the mistakes that the model was surest of.

        printf 'text,label\\nThanks!,positive\\n' | cloud4bert evaluate --input -
        cloud4bert evaluate --input labelled.csv --report report.html
        cloud4bert evaluate -i gold.jsonl --label-column gold --json | jq .weighted
        cloud4bert evaluate --model ./my-model --labels negative,neutral,positive \\
            --input labelled.csv

      A label in the file is a label's name, its id (0, 1 …; not where names are numbers \
      themselves), or LABEL_ and the id; if none fits exactly, upper and lower case are the same. \
      Figures are those of scikit-learn, a ratio to 0 being 0. A label that no text has and none \
      was given is listed, and left out of the macro average, as scikit-learn does. For models \
      that give each text one label.
      """)

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var labelOptions: LabelOptions

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp(
      "The labels' names in the order of the model's label ids, separated by commas.",
      discussion: "Takes the place of the names in the model's files.", valueName: "names"))
  var labels: String?

  @Option(help: ArgumentHelp("How many of the most confident mistakes to show.", valueName: "n"))
  var mistakes = 10

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Also write a page with plots, for a web browser.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var report: String?

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var overflowOptions: OverflowOptions

  func validate() throws {
    guard inputOptions.input != nil else {
      throw ValidationError("nothing to evaluate: give a file of labelled texts with --input")
    }
    try inputOptions.checkColumns(labelColumn: labelOptions.labelColumn)
    try overflowOptions.validate(pairColumn: inputOptions.pairColumn)
    if mistakes < 0 { throw ValidationError("--mistakes must not be negative") }
    if report == "-" { throw ValidationError("--report needs the name of a file") }
    if let names, names.contains("") { throw ValidationError("--labels has an empty name") }
  }

  private var names: [String]? { LabelNames.names(in: labels) }

  func run() async throws {
    guard let path = inputOptions.input else { return }
    // The input first: a wrong path is told before a large model is opened.
    let reader = try inputOptions.reader(
      of: path, requiredColumns: [labelOptions.labelColumn], requiredMayBeMissing: true)
    let classifier = try TextClassifier(
      folder: await modelOptions.folder, options: overflowOptions.applied(to: batchOptions.options))
    let evaluation = Evaluation(
      report: try ClassificationReport(for: classifier, labels: names, mistakeLimit: mistakes))
    // Before the work: a page that cannot be written should not cost the wait.
    let page = try report.map { try ByteSink(path: $0, notOverwriting: reader.identity) }

    let labelReader = LabelReader(
      file: reader.name, column: labelOptions.labelColumn,
      skipsUnlabelled: labelOptions.skipUnlabelled,
      index: try LabelIndex(labels: evaluation.report.labels))
    try await RecordJob(reader: reader, sink: nil, batching: classifier.batching).run { records in
      let ids = try records.map(labelReader.labelID)
      let labelled = zip(records, ids).filter { $1 != nil }.map { TextInput($0.0) }
      var answers = try classifier.classifyOnThisThread(labelled)[...]
      return ids.map { id in id.flatMap { id in answers.popFirst().map { (id, $0) } } }
    } write: { record, outcome in
      try evaluation.add(record, outcome, of: reader.name)
    }
    guard evaluation.report.count > 0 else {
      throw EvaluationJobError.nothingToEvaluate(file: reader.name, skipped: evaluation.skipped)
    }
    evaluation.tellOfRows(
      in: reader.name, column: labelOptions.labelColumn, maxLength: classifier.maxLength)

    let output = try ByteSink(path: "-")
    output.append(
      json
        ? EvaluationObject(report: evaluation.report, skipped: evaluation.skipped).bytes
        : Array(EvaluationTables(report: evaluation.report).text.utf8))
    try output.close()
    if let page {
      let html = EvaluationPage(
        report: evaluation.report, input: reader.name, model: classifier.folder.lastPathComponent)
      page.append(html.text.utf8)
      try page.close()
    }
  }
}

/// What gathers while the rows go by, one after another.
private final class Evaluation {
  var report: ClassificationReport
  var skipped = 0
  private var truncated = 0

  init(report: ClassificationReport) { self.report = report }

  func add(_ record: Record, _ outcome: (Int, Classification)?, of file: String) throws {
    guard let (trueLabel, classification) = outcome else {
      skipped += 1
      return
    }
    if classification.isTruncated { truncated += 1 }
    do {
      try report.add(
        trueLabel: trueLabel, classification, row: record.row, text: record.text,
        pair: record.pair)
    } catch {
      let place = RecordPlace(file: file, row: record.row, line: record.line)
      throw RowError(place: "\(place)", cause: error)
    }
  }

  func tellOfRows(in file: String, column: String, maxLength: Int) {
    if skipped > 0 {
      let rows = skipped == 1 ? "row" : "rows"
      StandardError.line(
        "\(file): \(skipped) \(rows) without a label in \(quoted(column)) left out")
    }
    if truncated > 0 {
      let texts = truncated == 1 ? "text" : "texts"
      StandardError.line(
        "\(file): \(truncated) \(texts) longer than \(maxLength) tokens truncated")
    }
  }
}

/// From a row to the id of its true label.
private struct LabelReader: Sendable {
  let file: String
  let column: String
  let skipsUnlabelled: Bool
  let index: LabelIndex

  /// Nil for a row without a label, where those are skipped.
  func labelID(of record: Record) throws -> Int? {
    let label = record[column] ?? ""
    let place = RecordPlace(file: file, row: record.row, line: record.line)
    if label.allSatisfy(\.isWhitespace) {
      if skipsUnlabelled { return nil }
      throw EvaluationJobError.unlabelled(place, column: column)
    }
    guard let id = index.id(of: label) else {
      throw RowError(
        place: "\(place)", cause: EvaluationError.unknownLabel(label, labels: index.labels))
    }
    return id
  }
}

/// Why a file of labelled texts cannot be measured.
private enum EvaluationJobError: PlacedError, CustomStringConvertible {
  case unlabelled(RecordPlace, column: String)
  case nothingToEvaluate(file: String, skipped: Int)

  var description: String {
    switch self {
    case .unlabelled(let place, let column):
      "\(place): no label in \(quoted(column)): fill it in, or leave such rows out "
        + "with --skip-unlabelled"
    case .nothingToEvaluate(let file, 0):
      "\(file) has no rows to evaluate"
    case .nothingToEvaluate(let file, let skipped):
      "\(file) has no labelled rows: \(skipped) row\(skipped == 1 ? "" : "s") left out"
    }
  }
}
