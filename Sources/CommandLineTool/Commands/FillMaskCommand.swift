import ArgumentParser
import Cloud4Bert
import Files
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert fill-mask`
struct FillMaskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fill-mask",
    abstract: "Predict the words that are masked in texts.",
    discussion: """
      Needs a --model of a family's class ForMaskedLM, or BertForPreTraining, such as \
      bert-base-uncased or xlm-roberta-base, and texts with that model's mask token, [MASK] or \
      <mask>. A text without one is an error, and so is one whose mask lies beyond what the model takes; other \
      texts that are too long are truncated.

      Texts as arguments print score, word and text with the word in place, best first, with an \
      empty line before the next mask. The rows of a file, whatever its format, come out as JSON \
      lines in their order: the row's fields (of a text line, text) and the field predictions, a \
      list for each mask of the text, each a list of {"score", "token", "token_str", "sequence"}.

        cloud4bert fill-mask --model ./bert "Paris is the [MASK] of France."
        cloud4bert fill-mask --model ./bert --targets good,bad "A [MASK] film."
        cloud4bert fill-mask --model ./bert --json "Paris is the [MASK] of France."
        cloud4bert fill-mask --model ./bert --input gaps.csv --top-k 1 \\
            | jq -r '.predictions[0][0].token_str'

      Where the input has a field predictions already, the new one is predicted_predictions.
      """)

  @Argument(help: "Texts with masks.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var outputOptions: OutputOptions

  @OptionGroup var jobOptions: JobOptions

  @OptionGroup var badRowOptions: BadRowOptions

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp(
      "Predictions for each mask, at most as many as there are words or targets.", valueName: "n"))
  var topK = 5

  @Option(
    help: ArgumentHelp(
      "Choose from these words only; of a word that is no token, the first token counts.",
      valueName: "word,word…"),
    transform: { $0.split(separator: ",").map(String.init) })
  var targets: [String]?

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "fill in") }
  }

  func validate() throws {
    let isFile = if case .arguments = try source { false } else { true }
    try jobOptions.check(source, output: outputOptions.output)
    try badRowOptions.check(source, output: outputOptions.output)
    switch outputOptions.format {
    case .csv?, .tsv?:
      throw ValidationError(
        "a table has no room for the predictions of each mask: write JSON lines (.jsonl)")
    case .txt? where isFile:
      throw ValidationError(
        "the rows of a file come out as JSON lines: name the output .jsonl, or leave txt out")
    default: break
    }
    try inputOptions.checkColumns()
    if topK < 1 { throw ValidationError("--top-k must be at least 1") }
    if targets?.isEmpty ?? false { throw ValidationError("--targets names no words") }
    try modelOptions.requireModel(of: FillMask.architectures)
  }

  private var folder: URL {
    get async throws { try await modelOptions.requiredFolder(of: FillMask.architectures) }
  }

  private func model(of folder: URL) throws -> FillMask {
    try FillMask(folder: folder, options: batchOptions.applied(to: FillMask.Options()))
  }

  func run() async throws {
    if case .arguments = try source {
      try fillArguments(model(of: await folder))
      return
    }
    var opened: (model: FillMask, targets: MaskTargets?)?
    try await jobOptions.run(
      try source, to: outputOptions.output, naming: InputPart.nameOfObjects
    ) { job in
      // The input first: a wrong path is told before a large model is opened.
      let reader = try inputOptions.reader(of: job.input)
      let layout = try reader.layout.asObjects(of: reader.name)
      let journal = try job.journal(of: reader)
      let folder = try await folder
      try journal?.settle { try settings(of: reader, folder) }
      if opened == nil {
        let model = try model(of: folder)
        opened = (model, try targets(of: model))
      }
      guard let (model, targets) = opened else { return }
      try await fill(job, reader, as: layout, journal, with: model, targets)
    }
  }

  private func fill(
    _ job: FileJob, _ reader: RecordReader, as layout: RecordLayout, _ journal: JobJournal?,
    with model: FillMask, _ targets: MaskTargets?
  ) async throws {
    let sink = try ByteSink(
      path: job.output, notOverwriting: reader.identity, keeping: journal?.kept.first)
    let writer = try AnswerWriter(
      to: sink, layout: layout, adding: ["predictions"], input: reader.name, badRowOptions)
    try await RecordJob(
      reader: reader, sink: sink, engine: model.engine, journal: journal,
      badRows: badRowOptions.badRows(of: reader, journal, in: job)
    ).run { [topK] record in
      FillMaskTask.Input(text: TextInput(record), topK: topK, targets: targets)
    } write: { record, masks in
      try writer.write(record, [.json(Self.json(masks))])
    } writeBad: { record, reason in
      try writer.write(record, without: reason)
    }
  }

  private func settings(of reader: RecordReader, _ folder: URL) throws -> JobSettings {
    let own: [(name: String, value: String?)] = [
      ("--top-k", "\(topK)"), ("--targets", targets.map { $0.joined(separator: ",") }),
    ]
    return try JobSettings(
      command: "fill-mask", model: folder,
      inputOptions.settings(of: reader) + own + badRowOptions.settings + batchOptions.settings)
  }

  private func fillArguments(_ model: FillMask) throws {
    let targets = try targets(of: model)
    let sink = try ByteSink(path: outputOptions.output)
    if outputOptions.format == .jsonl {
      try writeObjects(model, targets, to: sink)
      return
    }
    let writer = try RecordWriter(
      to: sink, layout: RecordLayout(format: .txt), adding: ["score", "token_str"])
    var isFirst = true
    for (index, text) in texts.enumerated() {
      let answer = Result { try model.fillBlocking(text, topK: topK, targets: targets) }
      for mask in try texts.count > 1 ? answer.get(at: "text \(index + 1)") : answer.get() {
        if !isFirst { sink.append("\n".utf8) }
        isFirst = false
        for word in mask {
          try writer.write(
            Record(row: index + 1, text: word.sequence),
            [.number(word.score), .string(word.tokenString)])
        }
      }
      // Should the next text be at fault, this one's answer stays.
      try sink.flush()
    }
    try sink.close()
  }

  /// What a file of these lines would give.
  private func writeObjects(
    _ model: FillMask, _ targets: MaskTargets?, to sink: ByteSink
  ) throws {
    let writer = try RecordWriter(
      to: sink, layout: RecordLayout(format: .jsonl, columns: ["text"]), adding: ["predictions"])
    for (index, text) in texts.enumerated() {
      let answer = Result { try model.fillBlocking(text, topK: topK, targets: targets) }
      let masks = try texts.count > 1 ? answer.get(at: "text \(index + 1)") : answer.get()
      try writer.write(Record(row: index + 1, text: text), [.json(Self.json(masks))])
      // Should the next text be at fault, this one's answer stays.
      try sink.flush()
    }
    try sink.close()
  }

  private func targets(of model: FillMask) throws -> MaskTargets? {
    guard let words = targets else { return nil }
    let targets = try model.targets(words)
    for (word, token) in targets.replaced {
      StandardError.line(
        "the target \(quoted(word)) is no token of the model; looking for \(quoted(token))")
    }
    for word in targets.ignored {
      StandardError.line(
        "the target \(quoted(word)) is left out: the tokenizer makes nothing of it")
    }
    return targets
  }

  private static func json(_ masks: [[MaskPrediction]]) -> String {
    let lists = masks.map { words in "[\(words.map(json).joined(separator: ","))]" }
    return "[\(lists.joined(separator: ","))]"
  }

  private static func json(_ word: MaskPrediction) -> String {
    // JSON has no numbers that are not finite.
    let score = word.score.isFinite ? "\(word.score)" : "null"
    return """
      {"score":\(score),"token":\(word.token),"token_str":\(JSON.quote(word.tokenString)),\
      "sequence":\(JSON.quote(word.sequence))}
      """
  }
}
