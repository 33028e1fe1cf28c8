import ArgumentParser
import Cloud4Bert
import Records

/// `cloud4bert rerank`
struct RerankCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerank",
    abstract: "Order texts by how well they answer a query.",
    discussion: """
      Needs a --model with one label that reads query and text together (a reranker, or cross-encoder), \
      such as BAAI/bge-reranker-base.

      Texts as arguments print the score, from 0 to 1, and the text, best first. The rows of a file come out \
      in that order, with a column or field score behind the others. Of a pair that is longer than the model \
      takes, the longer text is truncated.

        cloud4bert rerank -m ./reranker --query parser "Decode it." "Buy milk."
        cloud4bert rerank -m ./reranker --query parser --top 9 --input posts.csv
        cloud4bert rerank -m ./reranker --query parser --json -i posts.jsonl

      With --top a file of any length takes constant memory.
      """)

  @Argument(help: "Texts to order.")
  var texts: [String] = []

  @Option(help: ArgumentHelp("What the texts are to answer.", valueName: "text"))
  var query: String

  @Option(help: ArgumentHelp("Only the best ones, so many.", valueName: "n"))
  var top: Int?

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var outputOptions: OutputOptions

  @OptionGroup var badExampleOptions: BadExampleOptions

  @OptionGroup var modelOptions: ModelOptions

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "order") }
  }

  func validate() throws {
    try modelOptions.requireModel(of: ["rerankers, such as BAAI/bge-reranker-base"])
    if let top, top < 1 { throw ValidationError("--top must be at least 1") }
    if inputOptions.pairColumn != nil {
      throw ValidationError("--pair-column is for pairs in a file, and the first text is --query")
    }
    try inputOptions.checkOneInput()
    if case .files = try source {
      throw ValidationError("a folder has no one order: give the --input of a file")
    }
  }

  /// A row with its place in the input.
  private struct Answer {
    let rank: Reranker.Rank
    let record: Record
  }

  func run() async throws {
    let reader: RecordReader?
    switch try source {
    case .file(let path): reader = try inputOptions.reader(of: path)
    case .arguments, .files: reader = nil
    }
    let layout =
      try reader.map {
        try outputOptions.layout(of: $0.layout, file: $0.name, to: outputOptions.output)
      } ?? outputOptions.layoutOfArguments
    let reranker = try Reranker(
      folder: await modelOptions.classifierFolder,
      options: batchOptions.applied(to: TextClassifier.Options()))
    let answers: [Answer]
    if let reader {
      answers = try await self.answers(reader, reranker)
    } else {
      let ranks = try await reranker.rank(texts, for: query)
      answers = ranks.map {
        Answer(rank: $0, record: Record(row: $0.index + 1, text: texts[$0.index]))
      }
    }
    let sink = try ByteSink(path: outputOptions.output, notOverwriting: reader?.identity)
    let writer = try RecordWriter(
      to: sink, layout: layout, adding: ["score"], input: reader?.name ?? "the texts")
    for answer in answers.prefix(top ?? .max) {
      try writer.write(answer.record, [.number(answer.rank.score)])
    }
    try sink.close()
  }

  private func answers(_ reader: RecordReader, _ reranker: Reranker) async throws -> [Answer] {
    var answers: [Answer] = []
    func sort() {
      answers.sort { Reranker.Rank.isBefore($0.rank, $1.rank) }
      if let top, answers.count > top { answers.removeSubrange(top...) }
    }
    // What cannot be among the best is dropped now and then.
    let limit = top.map { max(1000, 2 * min($0, .max / 4)) } ?? .max
    try await RecordJob(
      reader: reader, sink: nil, engine: reranker.engine,
      badRows: badExampleOptions.badRows(of: reader)
    ).run { [query] record in
      TextInput(query, pair: record.text)
    } write: { record, answer in
      answers.append(Answer(rank: Reranker.Rank(index: record.row - 1, answer), record: record))
      if answers.count >= limit { sort() }
    } writeBad: { _, _ in
    }
    sort()
    return answers
  }
}
