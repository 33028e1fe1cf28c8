import ArgumentParser
import Checkpoints
import Cloud4Bert
import Quoting
import Tensors

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
        cloud4bert info
        cloud4bert info --model ./my-model
      """)

  @OptionGroup var modelOptions: ModelOptions

  func run() async throws {
    let folder = try await modelOptions.folder ?? TextClassifier.defaultModelFolder()
    let classifier = try TextClassifier(folder: SentenceModules.encoderFolder(of: folder))
    let summary = try classifier.summary()
    let configuration = classifier.configuration
    var rows = [
      ("BLAS", BLAS.configuration),
      ("BLAS core type", BLAS.coreType),
      ("BLAS threads", "\(BLAS.threads) a product; \(classifier.threads) batches side by side"),
      ("Threads", "\(ThreadBudget.current.threads), by \(ThreadBudget.current.limit)"),
      ("Processor", Processor.extensions.joined(separator: " ")),
      ("Kernels", Processor.kernels),
    ]
    let notes = [BLAS.limitation].compactMap { $0 } + Processor.unheededVariables
    rows += notes.map { ("Note", printable($0)) }
    rows.append(("Precision auto", Precision.automaticReason))
    rows += Precision.allCases.map { precision in
      let isSlow = precision != .float32 && !precision.isFasterThanFloat32
      return (
        "Precision \(precision)", precision.kernel + (isSlow ? ", no faster than float32 here" : "")
      )
    }
    rows.append(("AMX", Processor.amxObstacle.map { "not used: \($0)" } ?? "in use"))
    rows += [
      ("Model", printable(classifier.folder.path)),
      ("Architecture", printable(summary.architecture)),
      (
        "Shape",
        """
        \(configuration.layerCount) layers x \(configuration.hiddenSize), \
        \(configuration.headCount) heads, feed-forward \(configuration.intermediateSize)
        """
      ),
      ("Parameters", ProgressLine.grouped(summary.parameterCount)),
      ("Vocabulary", "\(ProgressLine.grouped(configuration.vocabularySize)) entries"),
      ("Longest text", "\(classifier.maxLength) tokens"),
      ("Labels", classifier.labels.map { printable($0) }.joined(separator: ", ")),
      ("Scores", "\(classifier.scoreFunction)"),
    ]
    rows += EmbeddingRows.rows(of: folder)
    for file in summary.files {
      rows.append(("File", "\(file.name), \(ProgressLine.grouped(file.byteCount)) bytes"))
    }
    rows.append(("Data types", summary.elementTypes.joined(separator: ", ")))
    let width = rows.map(\.0.count).max() ?? 0
    for (name, value) in rows {
      print(name + String(repeating: " ", count: width - name.count + 2) + value)
    }
  }
}
