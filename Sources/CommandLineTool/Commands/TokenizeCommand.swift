import ArgumentParser
import Cloud4Bert
import Files
import Records
import Tokenization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert tokenize`
struct TokenizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Show the tokens that a model sees.",
    discussion: """
      Prints a JSON object a text, {"ids": […], "tokens": […]}, special tokens included, \
      as the Hugging Face tokenizer of the model gives them, before any truncation.

        cloud4bert tokenize "How do I unmarshal JSON?"
        cloud4bert tokenize --model ./my-model --input posts.csv | jq '.ids | length'
      """)

  @Argument(help: "Texts to tokenise.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var outputFile: OutputFileOptions

  @OptionGroup var jobOptions: JobOptions

  @OptionGroup var badRowOptions: BadRowOptions

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var output: String { outputFile.output }

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "tokenise") }
  }

  func validate() throws {
    try jobOptions.check(source, output: output)
    try badRowOptions.check(source, output: output)
    if let format = RecordFormat(path: output), format != .jsonl {
      throw ValidationError("\(output): tokens come as JSON lines: name the file .jsonl")
    }
  }

  func run() async throws {
    let folder = try await modelOptions.classifierFolder
    let tokenizer = try BertTokenizer(folder: folder)
    if case .arguments(let texts) = try source {
      let sink = try ByteSink(path: output)
      for text in texts { try write(tokenizer, text, nil, to: sink) }
      try sink.close()
      return
    }
    try await jobOptions.run(
      try source, to: output, naming: InputPart.nameOfObjects
    ) { job in
      try tokenize(job, with: tokenizer, of: folder)
    }
  }

  private func tokenize(_ job: FileJob, with tokenizer: BertTokenizer, of folder: URL) throws {
    let reader = try inputOptions.reader(of: job.input)
    let journal = try job.journal(of: reader)
    try journal?.settle {
      try JobSettings(
        command: "tokenize", model: folder,
        inputOptions.settings(of: reader) + badRowOptions.settings)
    }
    let sink = try ByteSink(
      path: job.output, notOverwriting: reader.identity, keeping: journal?.kept.first)
    let badRows = try badRowOptions.badRows(of: reader, journal, in: job)
    var done = reader.position
    do {
      while let row = try badRows == nil ? reader.next().map(ReadRow.record) : reader.nextRow() {
        let bad = try write(row, with: tokenizer, goesOn: badRows != nil, of: reader, to: sink)
        if let bad, let badRows {
          if badRows.isKeeping { try write(bad.reason, to: sink) }
          try badRows.add(bad)
        }
        done = reader.position
        if !reader.isInputReady { try sink.flush() }
        if done.rows % 1000 == 0 {
          try sink.flush()
          journal?.note(done, in: sink, badRows)
        }
      }
      try badRows?.finish(rows: done.rows)
      try sink.flush()
      try journal?.prepareEnd(done, in: sink, badRows)
    } catch {
      // The rows before it are not lost.
      if (try? sink.flush()) != nil { journal?.conclude(done, in: sink, badRows) }
      try? sink.close()
      try? badRows?.close()
      throw JobError(cause: error, output: sink, journal: journal)
    }
    try sink.close()
    try badRows?.close()
    try journal?.end()
    badRows?.tell()
  }

  /// The row, where it is bad and there is to be more behind it.
  private func write(
    _ row: ReadRow, with tokenizer: BertTokenizer, goesOn: Bool, of reader: RecordReader,
    to sink: ByteSink
  ) throws -> BadRow? {
    switch row {
    case .rejected(let row): return BadRow(row)
    case .record(let record):
      do {
        try write(tokenizer, record.text, TextInput(record).forClassifier.pair, to: sink)
        return nil
      } catch let error as TokenizerError {
        let place = reader.place(of: record)
        guard goesOn else { throw RowError(place: "\(place)", cause: error) }
        return BadRow(record, error, at: place)
      }
    }
  }

  private func write(_ reason: String, to sink: ByteSink) throws {
    sink.append("{\"ids\":null,\"tokens\":null,\"error\":\(JSON.quote(reason))}\n".utf8)
    try sink.endRow()
  }

  private func write(
    _ tokenizer: BertTokenizer, _ text: String, _ pair: String?, to sink: ByteSink
  ) throws {
    let ids = try tokenizer.encode(text, pair: pair).ids
    var line = "{\"ids\":["
    line += ids.map(String.init).joined(separator: ",")
    line += "],\"tokens\":["
    line += ids.map { JSON.quote(tokenizer.token(for: Int($0)) ?? "") }.joined(separator: ",")
    line += badRowOptions.onBadRow == .keep ? "],\"error\":null}\n" : "]}\n"
    sink.append(line.utf8)
    try sink.endRow()
  }
}
