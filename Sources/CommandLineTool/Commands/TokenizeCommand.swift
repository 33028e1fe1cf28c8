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

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var output: String { outputFile.output }

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "tokenise") }
  }

  func validate() throws {
    try jobOptions.check(source, output: output)
    if let format = RecordFormat(path: output), format != .jsonl {
      throw ValidationError("\(output): tokens come as JSON lines: name the file .jsonl")
    }
  }

  func run() async throws {
    let folder = try await modelOptions.classifierFolder
    let tokenizer = try BertTokenizer(folder: folder)
    if case .file(let path) = try source {
      let reader = try inputOptions.reader(of: path)
      let journal = try jobOptions.journal(beside: output, of: reader)
      try journal?.settle {
        try JobSettings(
          command: "tokenize", model: folder, inputOptions.settings(of: reader))
      }
      let sink = try ByteSink(
        path: output, notOverwriting: reader.identity, keeping: journal?.kept.first)
      while let record = try reader.next() {
        do {
          try write(tokenizer, record.text, TextInput(record).forClassifier.pair, to: sink)
        } catch let error as TokenizerError {
          // The rows before it are not lost.
          try sink.flush()
          let place = reader.place(of: record)
          throw RowError(place: "\(place)", cause: error)
        }
        if !reader.isInputReady { try sink.flush() }
        if record.row % 1000 == 0 {
          try sink.flush()
          journal?.note(reader.position, in: sink)
        }
      }
      try sink.close()
      journal?.remove()
    } else {
      let sink = try ByteSink(path: output)
      for text in texts { try write(tokenizer, text, nil, to: sink) }
      try sink.close()
    }
  }

  private func write(
    _ tokenizer: BertTokenizer, _ text: String, _ pair: String?, to sink: ByteSink
  ) throws {
    let ids = try tokenizer.encode(text, pair: pair).ids
    var line = "{\"ids\":["
    line += ids.map(String.init).joined(separator: ",")
    line += "],\"tokens\":["
    line += ids.map { JSON.quote(tokenizer.token(for: Int($0)) ?? "") }.joined(separator: ",")
    line += "]}\n"
    sink.append(line.utf8)
    try sink.endRow()
  }
}
