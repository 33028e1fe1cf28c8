import ArgumentParser
import Cloud4Bert
import Quoting
import Records

/// `cloud4bert classify`
struct ClassifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Give each text its label and score.",
    discussion: """
      Texts as arguments, and the lines of a text file, print the label, the score and the text. \
      A CSV or TSV file comes out with its columns and `label` and `score` behind them, a JSON \
      lines file with these fields added to each object. Where the input has a column of such a \
      name already, the new ones are called predicted_label and predicted_score.

        cloud4bert classify "Works like a charm" "Why is this still broken?"
        cloud4bert classify --input posts.csv --output labelled.csv
        cloud4bert classify --input posts.jsonl --scores all | jq .score_negative
        cloud4bert classify --input articles.csv --overflow window
        cloud4bert classify --model ./my-model --text-column title --pair-column body \\
            --input questions.tsv

      Rows come out in the order of the input, and a stream of any length runs in constant \
      memory. Texts longer than the model takes are truncated, unless --overflow window has them \
      classified window by window. Bytes that are not UTF-8 are read \
      as U+FFFD, and counted at the end.
      """)

  @Argument(help: "Texts to classify.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where the results go; - is standard output.", valueName: "file"),
    completion: .file())
  var output = "-"

  @OptionGroup var modelOptions: ModelOptions

  enum Scores: String, ExpressibleByArgument, CaseIterable {
    case top, all
  }

  @Option(help: "top: the best label's score; all: every label's too, as score_<label>.")
  var scores: Scores = .top

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var overflowOptions: OverflowOptions

  func validate() throws {
    if texts.isEmpty, inputOptions.input == nil {
      throw ValidationError("nothing to classify: give texts, or a file with --input")
    }
    if !texts.isEmpty, inputOptions.input != nil {
      throw ValidationError("give either texts or --input, not both")
    }
    try inputOptions.checkColumns()
    try overflowOptions.validate(pairColumn: inputOptions.pairColumn)
  }

  func run() async throws {
    let options = overflowOptions.applied(to: batchOptions.options)
    guard let path = inputOptions.input else {
      try await classifyArguments(
        TextClassifier(folder: modelOptions.folder, options: options))
      return
    }
    // The input first: a wrong path is told before a large model is opened.
    let reader = try inputOptions.reader(of: path)
    let classifier = try await TextClassifier(folder: modelOptions.folder, options: options)
    let sink = try ByteSink(path: output, notOverwriting: reader.identity)
    let columns = Columns(labels: classifier.labels, scores: scores)
    let writer = try RecordWriter(
      to: sink, layout: reader.layout, adding: columns.names, input: reader.name)
    if writer.isRenamed {
      StandardError.line(
        "\(reader.name) has a column of such a name already, so the new ones are "
          + writer.names.joined(separator: ", "))
    }
    try await RecordJob(reader: reader, sink: sink, batching: classifier.batching).run { inputs in
      try classifier.classifyOnThisThread(inputs)
    } write: { record, answer in
      try writer.write(record, columns.values(of: answer))
    }
  }

  private func classifyArguments(_ classifier: TextClassifier) throws {
    let sink = try ByteSink(path: output)
    let columns = Columns(labels: classifier.labels, scores: scores)
    let writer = try RecordWriter(
      to: sink, layout: RecordLayout(format: .txt), adding: columns.names)
    for (index, text) in texts.enumerated() {
      let answer = try classifier.classify(text)
      try writer.write(Record(row: index + 1, text: text), columns.values(of: answer))
    }
    try sink.close()
  }
}

/// What classification adds to a row.
private struct Columns {
  let names: [String]
  private let scores: ClassifyCommand.Scores

  init(labels: [String], scores: ClassifyCommand.Scores) {
    self.scores = scores
    names = ["label", "score"] + (scores == .all ? Self.scoreNames(labels) : [])
  }

  /// Of labels with one name the later ones get their id behind it: no two columns are called the same.
  private static func scoreNames(_ labels: [String]) -> [String] {
    var taken = Set(labels.map { ExactString($0) })
    var seen: Set<ExactString> = []
    return labels.enumerated().map { id, label in
      guard !seen.insert(label) else { return "score_\(label)" }
      var name = "\(label)_\(id)"
      while !taken.insert(name) { name += "_\(id)" }
      return "score_\(name)"
    }
  }

  func values(of answer: Classification) -> [FieldValue] {
    [.string(answer.label), .number(answer.score)]
      + (scores == .all ? answer.values.map { .number($0) } : [])
  }
}
