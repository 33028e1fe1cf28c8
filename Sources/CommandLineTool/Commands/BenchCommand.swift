import ArgumentParser
import Cloud4Bert
import Files
import Records
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `--precision` of bench
enum BenchmarkPrecision: String, ExpressibleByArgument, CaseIterable {
  case auto, float32, bf16x3, bfloat16, int8, all

  /// One nil for auto.
  var precisions: [Precision?] {
    switch self {
    case .auto: [nil]
    case .float32: [.float32]
    case .bf16x3: [.bf16x3]
    case .bfloat16: [.bfloat16]
    case .int8: [.int8]
    case .all: Precision.allCases
    }
  }
}

/// `--products` of bench
enum BenchmarkProducts: String, ExpressibleByArgument, CaseIterable {
  case auto, blas, engine, all

  /// One nil for auto. The engine first: the others are compared with it.
  var products: [Products?] {
    switch self {
    case .auto: [nil]
    case .blas: [.blas]
    case .engine: [.engine]
    case .all: [.engine, .blas]
    }
  }
}

/// `cloud4bert bench`
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast models are on this machine, one or several side by side.",
    discussion: """
      Classifies the texts of a file again and again and prints texts and tokens a second \
      (tokenisation included), how long a single text takes, how soon the first label comes, and \
      memory. Several models take turns, each in a process of its own; the first is what the others \
      are compared with, in speed, in the labels they give and in their scores. Where the file has \
      labels, their accuracy is told too.

        cloud4bert bench --input posts.csv
        cloud4bert bench --teacher ./my-model --student ./small \\
            --input posts.csv --report bench.html
        cloud4bert bench --input posts.csv \\
            --random bert-base --random distilbert
        cloud4bert bench --precision all --input posts.csv --limit 100000
        cloud4bert bench --input posts.csv --profile --json | jq .profile

      --precision all tells what each precision costs and gives on your texts: how often it gives \
      float32's label, how far its scores are from float32's, and how fast it is.

      A model's figures are medians over the rounds; a round goes over the texts until a quarter of \
      a second is over. --random needs no download: it takes the shape of a published model, or of a \
      folder's config.json, and any weights.
      """)

  @OptionGroup var inputOptions: InputOptions

  @Option(
    help: ArgumentHelp(
      "The model that others are compared with: a folder, or a name on the Hub.",
      valueName: "folder|name"),
    completion: .directory)
  var teacher: String?

  @Option(
    help: ArgumentHelp("A model to compare with the teacher.", valueName: "folder|name"),
    completion: .directory)
  var student: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A model; may be repeated.",
      discussion: "Without any model, the one that comes with the program.",
      valueName: "folder|name"),
    completion: .directory)
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "A model of random weights: bert-base, distilbert, roberta-base, xlm-roberta-base, or the "
        + "shape of a folder's config.json; may be repeated.", valueName: "shape"),
    completion: .directory)
  var random: [String] = []

  @Option(
    help: ArgumentHelp(
      "The column or field of true labels (default: label, where there is one).",
      valueName: "name"))
  var labelColumn: String?

  @OptionGroup var labelNameOptions: LabelNameOptions

  @Option(help: ArgumentHelp("Take the first texts of the file only.", valueName: "n"))
  var limit = 1000

  @Option(help: ArgumentHelp("How often each model takes its turn.", valueName: "n"))
  var rounds = 5

  @Flag(help: "Tell where the time goes, by stages of the computation.")
  var profile = false

  @Flag(help: "Print JSON, an object for each model, instead of tables.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Also write a page with plots, for a web browser.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var report: String?

  @OptionGroup var batchOptions: BatchSizeOptions

  @Option(
    help: ArgumentHelp(
      "What products are computed in: auto, float32, bf16x3, bfloat16, int8, or all: each in turn.")
  )
  var precision = BenchmarkPrecision.auto

  @Option(
    help: ArgumentHelp(
      "What multiplies in float32: auto, blas (OpenBLAS), engine (kernels of our own), or all: each "
        + "in turn."))
  var products = BenchmarkProducts.auto

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    guard inputOptions.input != nil else {
      throw ValidationError("nothing to measure with: give a file of texts with --input")
    }
    if limit < 1 { throw ValidationError("--limit must be at least 1") }
    if rounds < 1 { throw ValidationError("--rounds must be at least 1") }
    try inputOptions.checkOneInput()
    try inputOptions.checkColumns(labelColumn: labelColumn)
    if products == .blas {
      for precision in precision.precisions { try BatchOptions.check(.blas, precision) }
    }
    if report == "-" { throw ValidationError("--report needs the name of a file") }
  }

  func run() async throws {
    guard let path = inputOptions.input else { return }
    // The input first: a wrong path is told before a model is fetched.
    let reader = try inputOptions.reader(
      of: path, requiredColumns: labelColumn.map { [$0] } ?? [], requiredMayBeMissing: true)
    let texts = try BenchmarkTexts(reader, limit: limit, labelColumn: labelColumn)
    let models = try await models()
    let page = try report.map { try ByteSink(path: $0, notOverwriting: reader.identity) }

    let interruption = Interruption()
    let benchmark = Benchmark(
      models: models, texts: texts, labels: labelNameOptions.labels,
      options: batchOptions.applied(to: TextClassifier.Options()), rounds: rounds,
      isProfiled: profile, interruption: interruption)
    let result = try benchmark.run()
    interruption.conclude()

    let output = try ByteSink(path: "-")
    output.append(
      json
        ? try BenchmarkObject.bytes(result) : Array(BenchmarkTables(report: result).text.utf8))
    try output.close()
    if let page {
      page.append(BenchmarkPage(report: result).text.utf8)
      try page.close()
      StandardError.line("report written to \(page.name)")
    }
  }

  /// The models in the order in which they take turns, under names of their own.
  private func models() async throws -> [BenchmarkedModel] {
    var models: [BenchmarkedModel] = []
    for (role, name) in [("teacher", teacher), ("student", student)] {
      if let name { models.append(try await named(name, role: role)) }
    }
    for name in model { models.append(try await named(name, role: nil)) }
    for shape in random { models.append(try self.random(shape)) }
    if models.isEmpty {
      let folder = try TextClassifier.defaultModelFolder()
      models.append(
        BenchmarkedModel(name: folder.lastPathComponent, weights: .folder(folder.path)))
    }
    models = models.flatMap { model in
      precision.precisions.flatMap { choice in
        // Lower precisions are the engine's alone.
        let isSingle = (choice ?? .automatic) == .float32
        return (isSingle ? products.products : [nil]).map { product in
          var model = model
          model.precision = choice?.rawValue
          model.products = product?.rawValue
          if let choice, precision == .all { model.name += " \(choice.rawValue)" }
          if let product, products == .all { model.name += " \(product.rawValue)" }
          return model
        }
      }
    }
    for index in models.indices {
      let equal = models[..<index].count { $0.name == models[index].name }
      if equal > 0 { models[index].name += " (\(equal + 1))" }
    }
    return models
  }

  private func named(_ model: String, role: String?) async throws -> BenchmarkedModel {
    let folder =
      try await ModelOptions.folder(of: model) ?? TextClassifier.defaultModelFolder()
    // A snapshot of the Hub's cache is called by its commit: the name that was given says more.
    let name = FileManager.default.fileExists(atPath: model) ? folder.lastPathComponent : model
    return BenchmarkedModel(
      name: role.map { $0 == name ? name : "\($0) \(name)" } ?? name,
      weights: .folder(folder.path))
  }

  private func random(_ shape: String) throws -> BenchmarkedModel {
    let standard = { try TextClassifier.defaultModelFolder().path }
    if let family = ModelFamily.all.first(where: { $0.published.name == shape }) {
      return BenchmarkedModel(
        name: shape, weights: .published(family: family.modelType, tokenizer: try standard()))
    }
    let folder = URL(filePath: try FolderPath.readable(shape))
    let manager = FileManager.default
    guard manager.fileExists(atPath: folder.appending(path: ModelFileName.configuration).path)
    else {
      throw UnknownShape(name: shape)
    }
    let hasTokenizer = ModelFileName.vocabularies.contains {
      manager.fileExists(atPath: folder.appending(path: $0).path)
    }
    return BenchmarkedModel(
      name: "random \(folder.lastPathComponent)",
      weights: .shape(folder: folder.path, tokenizer: hasTokenizer ? folder.path : try standard()))
  }

  private struct UnknownShape: Error, CustomStringConvertible {
    let name: String

    var description: String {
      """
      --random \(name): no such shape, and no folder with a config.json; give \
      \(ModelFamily.all.map(\.published.name).joined(separator: ", ")), or such a folder
      """
    }
  }
}
