import ArgumentParser
import Cloud4Bert
import Records

extension FeatureExtractor.Pooling: ExpressibleByArgument {}

/// `cloud4bert embed`
struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Turn each text into a vector of features.",
    discussion: """
      Works with any BERT or DistilBERT folder: an encoder alone, a classifier, or a model from \
      pretraining. Vectors equal those of transformers, and with --pooling mean --normalize those \
      of sentence-transformers for models made that way: texts are cut where \
      sentence_bert_config.json says, unless --max-length does.

        cloud4bert embed "How do I unmarshal JSON?" | jq '.embedding | length'
        cloud4bert embed --input posts.csv --output posts.npy
        cloud4bert embed --model ./all-minilm --normalize --input posts.jsonl \\
            --output posts.safetensors
        cloud4bert embed --pooling none --layer -2 --input posts.csv --output tokens.npy

      The output's format goes by its extension:
        npy          a float32 array [texts, size]: numpy.load(file, mmap_mode="r"). With --pooling \
      none [tokens, size], and beside tokens.npy the array tokens.offsets.npy: text i has the rows \
      offsets[i] to offsets[i + 1] - 1.
        safetensors  the tensor embeddings, likewise; with --pooling none offsets in the same file.
        jsonl        {"row": 1, "text": "…", "embedding": […]}, a list of vectors with --pooling none.
        csv          row, feature_0, feature_1, …

      Rows come in the order of the input, and a stream of any length runs in constant memory. What \
      Ctrl-C leaves behind is whole.
      """)

  @Argument(help: "Texts to embed.")
  var texts: [String] = []

  @OptionGroup var inputOptions: InputOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Where the vectors go; - is standard output.", valueName: "file"),
    completion: .file())
  var output = "-"

  @Option(
    help: ArgumentHelp(
      "The output's format: npy, safetensors, jsonl or csv (default: by the extension, else jsonl)."
    ))
  var outputFormat: FeatureFormat?

  @OptionGroup var modelOptions: ModelOptions

  @Option(
    help: ArgumentHelp(
      "From token states to a vector: mean, cls, max, pooler, pre-classifier or none.",
      discussion: """
        cls is the state of the first token, pooler BERT's pooler_output, pre-classifier the hidden \
        layer of a DistilBERT classifier; none keeps a vector for each token.
        """))
  var pooling = FeatureExtractor.Options().pooling

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Which layer's states: 0 the embeddings, 1 the first layer, … or -1 the last, -2 …",
      valueName: "n"))
  var layer = FeatureExtractor.Options().layer

  @Flag(help: "Scale each vector to length 1, so that dot products are cosines.")
  var normalize = false

  @OptionGroup var batchOptions: BatchOptions

  func validate() throws {
    if texts.isEmpty == (inputOptions.input == nil) {
      throw ValidationError("give either texts, or a file with --input")
    }
    try inputOptions.checkColumns()
    if format == nil {
      let known = FeatureFormat.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
      throw ValidationError(
        "\(output) ends in none of \(known): name the file so, or give --output-format")
    }
    if format == .csv, pooling == .none {
      throw ValidationError(
        "csv holds one vector a text, and --pooling none gives one a token: take npy, safetensors "
          + "or jsonl")
    }
    if let format, format.needsFile, output == "-" {
      throw ValidationError("\(format.rawValue) needs a file: give --output")
    }
  }

  /// Nil where a file's name tells none.
  private var format: FeatureFormat? {
    outputFormat ?? (output == "-" ? .jsonl : FeatureFormat(path: output))
  }

  func run() async throws {
    let options = FeatureExtractor.Options(
      pooling: pooling, layer: layer, normalize: normalize, maxLength: batchOptions.maxLength,
      threads: batchOptions.threads, batchTokens: batchOptions.batchTokens,
      precision: batchOptions.precision.precision)
    // The input first: a wrong path is told before a large model is opened.
    let reader = try inputOptions.input.map { try inputOptions.reader(of: $0) }
    let extractor = try FeatureExtractor(
      folder: await modelOptions.folder, options: options)
    let writer = try (format ?? .jsonl).writer(
      path: output, notOverwriting: reader?.identity, isPooled: pooling != .none,
      size: extractor.size)
    guard let reader else {
      for (index, text) in texts.enumerated() {
        try writer.write(
          extractor.features(of: text), of: Record(row: index + 1, text: text))
      }
      try writer.close()
      return
    }
    try await RecordJob(reader: reader, sink: writer, batching: extractor.batching).run { inputs in
      try extractor.featuresOnThisThread(inputs)
    } write: { record, features in
      try writer.write(features, of: record)
    }
  }
}
