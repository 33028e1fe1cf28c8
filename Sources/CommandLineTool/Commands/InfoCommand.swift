import ArgumentParser
import Checkpoints
import Cloud4Bert
import Files
import Inference
import Tensors
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `cloud4bert info`
struct InfoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show the libraries and the processor in use, and what a model is.",
    discussion: """
      Takes every model that another command takes: classifiers, masked language models, encoders.

        cloud4bert info
        cloud4bert info ./my-model
        cloud4bert info --json | jq .model.labels
      """)

  @Argument(
    help: ArgumentHelp("As --model: a folder, or a name on the Hub.", valueName: "folder|name"),
    completion: .directory)
  var model: String?

  @OptionGroup var modelOptions: ModelOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if model != nil, modelOptions.model != nil {
      throw ValidationError("give the model either as an argument or with --model, not both")
    }
  }

  func run() async throws {
    let files = OpenedFolder(
      try await ModelOptions.folder(of: model ?? modelOptions.model)
        ?? TextClassifier.defaultModelFolder())
    let folder = files.url
    let uses = try ModelUse.uses(of: files)
    let encoderFolder = SentenceModules.encoderFolder(of: files)
    let summary = try ModelSummary(folder: encoderFolder)
    let configuration: ModelConfiguration
    let maxLength: Int
    let threads: Int
    var classifier: TextClassifier?
    if uses.contains(.classification) {
      let opened = try TextClassifier(folder: files)
      (configuration, maxLength) = (opened.configuration, opened.maxLength)
      threads = opened.engine.threads
      classifier = opened
    } else {
      let opened = try FeatureExtractor(folder: encoderFolder, options: .init(pooling: .mean))
      (configuration, maxLength) = (opened.configuration, opened.maxLength)
      threads = opened.engine.threads
    }
    let isWhole = encoderFolder.url.standardizedFileURL == folder.standardizedFileURL
    let commands = Self.commands(of: uses, classifier, isWhole: isWhole)
    if json {
      let object = InfoObject(
        folder: folder, configuration: configuration, summary: summary, maxLength: maxLength,
        classifier: classifier, commands: commands)
      print(try object.text)
      return
    }
    var rows = [
      ("BLAS", BLAS.configuration),
      ("BLAS core type", BLAS.coreType),
      ("BLAS threads", "\(BLAS.threads) a product; \(threads) batches side by side"),
      ("Threads", "\(ThreadBudget.current.threads), by \(ThreadBudget.current.limit)"),
      ("Processor", Processor.extensions.joined(separator: " ")),
      ("Kernels", Processor.kernels),
    ]
    let notes = [BLAS.limitation].compactMap { $0 } + Processor.unheededVariables
    rows += notes.map { ("Note", printable($0)) }
    rows.append(("Products auto", Products.automaticReason))
    rows += Products.allCases.map { ("Products \($0)", $0.kernel) }
    rows.append(("Precision auto", Precision.automaticReason))
    rows += Precision.allCases.map { precision in
      let isSlow = precision != .float32 && !precision.isFasterThanFloat32
      return (
        "Precision \(precision)", precision.kernel + (isSlow ? ", no faster than float32 here" : "")
      )
    }
    rows.append(("AMX", Processor.amxObstacle.map { "not used: \($0)" } ?? "in use"))
    rows += [
      ("Model", printable(folder.path)),
      ("Architecture", printable(summary.architecture)),
      (
        "Shape",
        """
        \(configuration.layerCount) layers x \(configuration.hiddenSize), \
        \(configuration.headCount) heads, feed-forward \(configuration.intermediateSize)
        """
      ),
      ("Parameters", summary.parameterCount.grouped),
      ("Vocabulary", "\(configuration.vocabularySize.grouped) entries"),
      ("Longest text", "\(maxLength) tokens"),
    ]
    if let classifier {
      rows += [
        ("Labels", classifier.labels.map { printable($0) }.joined(separator: ", ")),
        ("Scores", "\(classifier.scoreFunction)"),
      ]
    }
    rows += EmbeddingRows.rows(of: files)
    rows.append(("Good for", commands.joined(separator: ", ")))
    for file in summary.files {
      rows.append(("File", "\(file.name), \(file.byteCount.grouped) bytes"))
    }
    rows.append(("Data types", summary.elementTypes.joined(separator: ", ")))
    let width = rows.map(\.0.count).max() ?? 0
    for (name, value) in rows {
      print(name + String(repeating: " ", count: width - name.count + 2) + value)
    }
  }

  /// The commands that take the model.
  ///
  /// - Parameter isWhole: Whether all its files are in the folder itself, and not in folders within, where
  ///   embed and fit look for them.
  private static func commands(
    of uses: [ModelUse], _ classifier: TextClassifier?, isWhole: Bool
  ) -> [String] {
    var commands: [String] = []
    if let classifier {
      commands += ["classify", "evaluate", "bench"]
      // A student learns from labels of which one holds.
      if classifier.scoreFunction == .softmax { commands.append("distil --teacher") }
    }
    if uses.contains(.maskFilling) {
      commands += ["fill-mask", "distil --objective mlm --teacher"]
    }
    if uses.contains(.nextSentence) { commands.append("next-sentence") }
    if uses.contains(.features) { commands += ["embed", "fit --features-from"] }
    return isWhole ? commands + ["train", "tokenize"] : commands
  }
}
