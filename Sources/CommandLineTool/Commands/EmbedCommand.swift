public import ArgumentParser
import Cloud4Bert
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension FeatureExtractor.Pooling: ExpressibleByArgument {}

/// `cloud4bert embed`
struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Turn each text into a vector of features.",
    discussion: """
      Works with any BERT, DistilBERT, RoBERTa, XLM-RoBERTa or CamemBERT folder: an encoder alone, \
      a classifier, or a model from pretraining. A folder of sentence-transformers (with a modules.json) gives the vectors of \
      SentenceTransformer: its pooling, Dense, LayerNorm and Normalize modules, its prompts and its \
      longest text count, and a folder with modules that are not supported is refused. Options \
      override it. Of any other folder vectors are the mean of the last layer's states.

        cloud4bert embed "How do I unmarshal JSON?" | jq '.embedding | length'
        cloud4bert embed --input posts.csv --output posts.npy
        cloud4bert embed --model ./all-minilm --input posts.jsonl \\
            --output posts.safetensors
        cloud4bert embed --model ./e5 --prompt-name query "how to parse JSON?"
        cloud4bert embed --pooling none --layer -2 --input posts.csv \\
            --output tokens.npy

      The output's format goes by its extension:
        npy          a float32 array [texts, size]: numpy.load(file, mmap_mode="r"). With --pooling \
      none [tokens, size], and beside tokens.npy the array tokens.offsets.npy: text i has the rows \
      offsets[i] to offsets[i + 1] - 1.
        safetensors  the tensor embeddings, likewise; with --pooling none offsets in the same file.
        jsonl        {"row": 1, "text": "…", "embedding": […]}, a list of vectors with --pooling none.
        csv          row, feature_0, feature_1, …
      A row kept by --on-bad-row has NaN for its numbers, null in JSON, and with --pooling none no rows;       jsonl and csv say what is wrong in error.

      Rows come in the order of the input, and a stream of any length runs in constant memory. What \
      Ctrl-C leaves behind is whole.
      """)

  @Argument(help: "Texts to embed.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @OptionGroup var outputFile: OutputFileOptions

  @Option(
    help: ArgumentHelp(
      "The output's format: npy, safetensors, jsonl or csv (default: by the extension, else jsonl)."
    ))
  var outputFormat: FeatureFormat?

  @Flag(help: "Print JSON lines, as --output-format jsonl does.")
  var json = false

  @OptionGroup var jobOptions: JobOptions

  @OptionGroup var badRowOptions: BadRowOptions

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp(
      "From token states to a vector, in place of the folder's own pooling.",
      discussion: """
        cls is the state of the first token, pooler BERT's pooler_output, pre-classifier the hidden \
        layer of a DistilBERT classifier; none keeps a vector for each token. auto is what \
        modules.json says, else mean.
        """))
  var pooling = FeatureExtractor.Options().pooling

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Which layer's states: 0 the embeddings, 1 the first layer, … or -1 the last, -2 …",
      discussion: "(default: what modules.json says, else the last)",
      valueName: "n"))
  var layer: Int?

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Scale each vector to length 1, so that dot products are cosines.",
      discussion: "(default: what modules.json says, else not)"))
  var normalize: Bool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Words to put before each text, as they are; '' for none.",
      discussion: "(default: what the folder says, else none)", valueName: "words"))
  var prompt: String?

  @Option(
    help: ArgumentHelp(
      "One of the prompts in the folder's config_sentence_transformers.json, such as query.",
      valueName: "name"))
  var promptName: String?

  @Option(
    name: .customLong("truncate-dim"),
    help: ArgumentHelp(
      "Keep only the first numbers of each vector, for models trained to allow it.",
      discussion: "(default: what the folder says, else all)", valueName: "n"))
  var truncatedSize: Int?

  @OptionGroup var batchOptions: BatchOptions

  @OptionGroup var verbosity: VerbosityOptions

  private var output: String { outputFile.output }

  private var source: TextSource {
    get throws { try inputOptions.source(of: texts, purpose: "embed") }
  }

  func validate() throws {
    try jobOptions.check(source, output: output)
    try badRowOptions.check(source, output: output)
    try inputOptions.checkColumns()
    if json, let outputFormat, outputFormat != .jsonl {
      throw ValidationError("give either --json or --output-format \(outputFormat.rawValue)")
    }
    if format == nil {
      let known = FeatureFormat.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
      throw ValidationError(
        "\(output) ends in none of \(known): name the file so, or give --output-format")
    }
    if prompt != nil, promptName != nil {
      throw ValidationError("give either --prompt or --prompt-name")
    }
    if let truncatedSize, truncatedSize < 1 {
      throw ValidationError("--truncate-dim must be at least 1")
    }
    if format == .csv, pooling == .none {
      throw ValidationError(
        "csv holds one vector a text, and --pooling none gives one a token: take npy, safetensors "
          + "or jsonl")
    }
    if let format, format.needsFile, output == "-" {
      throw ValidationError("\(format.rawValue) needs a file: give --output")
    }
    if let format, format.needsFile, Compression(path: output) != nil {
      throw ValidationError(
        "\(output): \(format.rawValue) is not written compressed, so that it can be mapped: "
          + "name the file .\(format.rawValue)")
    }
  }

  /// Nil where a file's name tells none.
  private var format: FeatureFormat? {
    let isFolder = InputPart.isFolder(output) || (try? source).map { $0.isSeveral } ?? false
    return outputFormat
      ?? (json || output == "-" || isFolder ? .jsonl : FeatureFormat(path: output))
  }

  func run() async throws {
    let options = batchOptions.applied(
      to: FeatureExtractor.Options(
        pooling: pooling, layer: layer, normalize: normalize, prompt: prompt,
        promptName: promptName, truncatedSize: truncatedSize))
    if case .arguments(let texts) = try source {
      let extractor = try FeatureExtractor(
        folder: await modelOptions.classifierFolder, options: options)
      let writer = try (format ?? .jsonl).writer(
        path: output, notOverwriting: nil, isPooled: extractor.isPooled, size: extractor.size)
      for (index, text) in texts.enumerated() {
        try writer.write(
          extractor.featuresBlocking(of: text), of: Record(row: index + 1, text: text))
      }
      try writer.close()
      writer.forget()
      return
    }
    var opened: FeatureExtractor?
    try await jobOptions.run(try source, to: output, naming: name(of:)) { job in
      // The input first: a wrong path is told before a large model is opened.
      let reader = try inputOptions.reader(of: job.input)
      let journal = try job.journal(of: reader)
      let folder = try await modelOptions.classifierFolder
      try journal?.settle { try settings(of: reader, folder) }
      let extractor = try opened ?? FeatureExtractor(folder: folder, options: options)
      opened = extractor
      try await embed(job, reader, journal, with: extractor)
    }
  }

  /// What the output of a part of a job is called.
  private func name(of part: InputPart) -> String {
    let format = format ?? .jsonl
    return part.name(as: format.rawValue, isCompressed: !format.needsFile)
  }

  private func embed(
    _ job: FileJob, _ reader: RecordReader, _ journal: JobJournal?,
    with extractor: FeatureExtractor
  ) async throws {
    let writer = try (format ?? .jsonl).writer(
      path: job.output, notOverwriting: reader.identity, isPooled: extractor.isPooled,
      size: extractor.size, hasReasons: badRowOptions.onBadRow == .keep,
      keeping: journal?.kept ?? [])
    try await RecordJob(
      reader: reader, sink: writer, engine: extractor.engine, journal: journal,
      badRows: badRowOptions.badRows(of: reader, journal, in: job)
    ).run {
      TextInput($0)
    } write: { record, features in
      try writer.write(features, of: record)
    } writeBad: { record, reason in
      try writer.write(record, without: reason)
    }
  }

  private func settings(of reader: RecordReader, _ folder: URL) throws -> JobSettings {
    let own: [(name: String, value: String?)] = [
      ("--output-format", format?.rawValue), ("--pooling", pooling.rawValue),
      ("--layer", layer.map(String.init)), ("--normalize", normalize.map { "\($0)" }),
      ("--prompt", prompt), ("--prompt-name", promptName),
      ("--truncate-dim", truncatedSize.map(String.init)),
    ]
    return try JobSettings(
      command: "embed", model: folder,
      inputOptions.settings(of: reader) + own + badRowOptions.settings + batchOptions.settings)
  }
}
