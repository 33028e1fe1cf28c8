import ArgumentParser
import Cloud4Bert
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert next-sentence`
struct NextSentenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "next-sentence",
    abstract: "Tell whether one text follows another.",
    discussion: """
      Needs a --model of the classes BertForNextSentencePrediction or BertForPreTraining, such as \
      bert-base-uncased.

      Two texts as arguments print the label (is_next or not_next), the probability that the \
      second follows the first, and both texts. A CSV, TSV or JSON lines file comes out with its \
      columns or fields, and behind them label and is_next, that probability. Where the input has \
      a column of such a name already, the new ones are called predicted_label and \
      predicted_is_next.

        cloud4bert next-sentence --model ./bert "It rained." "We stayed in."
        cloud4bert next-sentence --model ./bert --input pairs.csv \\
            --text-column question --pair-column answer --output scored.csv
        cloud4bert next-sentence --model ./bert --json "It rained." "We left."

      Rows come out in the order of the input. Of a pair that is longer than the model takes, the \
      longer text is truncated.
      """)

  @Argument(help: "A text, and one that may follow it.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var outputOptions: OutputOptions

  @OptionGroup var jobOptions: JobOptions

  @OptionGroup var badRowOptions: BadRowOptions

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "judge") }
  }

  func validate() throws {
    try jobOptions.check(source, output: outputOptions.output)
    try badRowOptions.check(source, output: outputOptions.output)
    switch try source {
    case .arguments(let texts):
      guard texts.count == 2 else {
        throw ValidationError(
          "\(texts.count) text\(texts.count == 1 ? "" : "s") given: give two texts, or a file "
            + "with --input")
      }
    case .file, .files:
      guard inputOptions.pairColumn != nil else {
        throw ValidationError(
          "--pair-column is needed for a file: it names the column of the texts that may follow")
      }
      try inputOptions.checkColumns()
    }
    try modelOptions.requireModel(of: NextSentence.architectures)
  }

  private var folder: URL {
    get async throws { try await modelOptions.requiredFolder(of: NextSentence.architectures) }
  }

  private func model(of folder: URL) throws -> NextSentence {
    try NextSentence(folder: folder, options: batchOptions.applied(to: NextSentence.Options()))
  }

  private static let columns = ["label", "is_next"]

  func run() async throws {
    let columns = Self.columns
    if case .arguments = try source {
      let answer = try model(of: await folder).predictBlocking(texts[0], next: texts[1])
      let sink = try ByteSink(path: outputOptions.output)
      // A line has the second text at its end; other formats have it as a field of its own.
      let layout = outputOptions.layoutOfArguments
      let isLine = layout.format == .txt
      let writer = try RecordWriter(
        to: sink, layout: layout, adding: isLine ? columns + ["text"] : ["next"] + columns)
      let (record, other) = isLine ? (texts[1], texts[0]) : (texts[0], texts[1])
      let values = Self.values(of: answer)
      try writer.write(
        Record(row: 1, text: record), isLine ? values + [.string(other)] : [.string(other)] + values
      )
      try sink.close()
      return
    }
    var opened: NextSentence?
    try await jobOptions.run(
      try source, to: outputOptions.output, naming: outputOptions.name(of:)
    ) { job in
      // The input first: a wrong path is told before a large model is opened.
      let reader = try inputOptions.reader(of: job.input)
      let layout = try outputOptions.layout(of: reader.layout, file: reader.name, to: job.output)
      let journal = try job.journal(of: reader)
      let folder = try await folder
      try journal?.settle {
        try JobSettings(
          command: "next-sentence", model: folder,
          inputOptions.settings(of: reader) + [("--output-format", layout.format.rawValue)]
            + badRowOptions.settings + batchOptions.settings)
      }
      let model = try opened ?? model(of: folder)
      opened = model
      try await judge(job, reader, as: layout, journal, with: model)
    }
  }

  private func judge(
    _ job: FileJob, _ reader: RecordReader, as layout: RecordLayout, _ journal: JobJournal?,
    with model: NextSentence
  ) async throws {
    let sink = try ByteSink(
      path: job.output, notOverwriting: reader.identity, keeping: journal?.kept.first)
    let writer = try AnswerWriter(
      to: sink, layout: layout, adding: Self.columns, input: reader.name, badRowOptions)
    try await RecordJob(
      reader: reader, sink: sink, engine: model.engine, journal: journal,
      badRows: badRowOptions.badRows(of: reader, journal, in: job)
    ).run {
      TextInput($0)
    } write: { record, answer in
      try writer.write(record, Self.values(of: NextSentencePrediction(answer)))
    } writeBad: { record, reason in
      try writer.write(record, without: reason)
    }
  }

  private static func values(of answer: NextSentencePrediction) -> [FieldValue] {
    [.string(answer.label), .number(answer.probability)]
  }
}
