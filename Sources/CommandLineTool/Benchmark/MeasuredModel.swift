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

/// An open model with texts, in a process of its own: takes the time of what it is asked.
struct MeasuredModel {
  private let classifier: TextClassifier
  private let inputs: [TextInput]
  let description: OpenedModel

  init(_ setup: BenchmarkSetup) throws {
    let options = TextClassifier.Options(
      maxLength: setup.maxLength, threads: setup.threads, batchTokens: setup.batchTokens,
      precision: setup.model.precision.flatMap(Precision.init),
      products: setup.model.products.flatMap(Products.init))
    let clock = ContinuousClock.now
    let configuration: ModelConfiguration?
    switch setup.model.weights {
    case .folder(let folder):
      classifier = try Self.classifier(URL(filePath: folder), options)
      configuration = nil
    case .published(let family, let tokenizer):
      let shape = ModelConfiguration(published: ModelFamily(modelType: family) ?? .bert)
      classifier = try TextClassifier(
        randomWeightsOf: shape, tokenizerOf: URL(filePath: tokenizer), options: options)
      configuration = shape
    case .shape(let folder, let tokenizer):
      let shape = try ModelConfiguration(folder: URL(filePath: folder))
      classifier = try TextClassifier(
        randomWeightsOf: shape, tokenizerOf: URL(filePath: tokenizer), options: options)
      configuration = shape
    }
    let seconds = Self.seconds(since: clock)
    inputs = setup.texts.enumerated().map { index, text in
      TextInput(text, pair: setup.pairs?[index])
    }
    let summary = configuration == nil ? try classifier.summary() : nil
    description = OpenedModel(
      folder: configuration == nil ? classifier.folder.path : nil,
      architecture: summary?.architecture
        ?? classifier.configuration.className(with: .sequenceClassification),
      labels: classifier.labels, choosesOne: classifier.scoreFunction == .softmax,
      layers: classifier.configuration.layerCount,
      hiddenSize: classifier.configuration.hiddenSize,
      parameters: summary?.parameterCount ?? classifier.configuration.classifierParameterCount,
      fileBytes: summary.map { $0.files.reduce(0) { $0 + $1.byteCount } },
      precision: (options.precision ?? .automatic).rawValue, kernel: options.productKernel,
      threads: classifier.engine.threads, maxLength: classifier.maxLength, seconds: seconds)
  }

  private static func classifier(
    _ folder: URL, _ options: TextClassifier.Options
  ) throws -> TextClassifier {
    do {
      return try TextClassifier(folder: folder, options: options)
    } catch {
      guard let uses = try? ModelUse.uses(of: folder), !uses.contains(.classification) else {
        throw error
      }
      throw NotAClassifier(
        folder: folder.path, architecture: try ModelSummary(folder: folder).architecture)
    }
  }

  /// A sound model of another task.
  private struct NotAClassifier: Error, CustomStringConvertible {
    let folder: String
    let architecture: String

    var description: String {
      """
      \(folder): bench measures classifiers, and this is \(quoted(architecture)); to see how fast a \
      classifier of its shape is, give --random \(printable(folder)) instead (cloud4bert info tells \
      what a model is good for)
      """
    }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }

  func reply(to request: BenchmarkRequest) async throws -> BenchmarkReply {
    switch request {
    case .open:
      return .opened(description)
    case .answers:
      let start = ContinuousClock.now
      let answers = try await classifier.classify(inputs)
      return .answers(
        BenchmarkAnswers(
          best: answers.map(\.best),
          scores: answers.flatMap { $0.values.map(\.bitPattern) },
          tokenCounts: answers.map(\.tokenCount), truncated: answers.count { $0.isTruncated },
          seconds: Self.seconds(since: start)))
    case .round(let repeats):
      let start = ContinuousClock.now
      for _ in 0..<repeats { _ = try await classifier.classify(inputs) }
      return .seconds([Self.seconds(since: start)])
    case .single(let indices):
      return .seconds(
        try indices.map { index in
          let start = ContinuousClock.now
          _ = try classifier.classifyBlocking(inputs[index].text, pair: inputs[index].pair)
          return Self.seconds(since: start)
        })
    case .memory:
      return .memory(PeakMemory.byteCount)
    case .profile(let repeats):
      return .profile(try await profile(repeats: repeats))
    }
  }

  private func profile(repeats: Int) async throws -> BenchmarkProfile {
    let lengths = try await classifier.classify(inputs).map(\.tokenCount)
    // One call, so that a batch goes to each core also where the texts are few.
    let many = Array(repeatElement(inputs, count: repeats).joined())
    let start = ContinuousClock.now
    let times = try await classifier.stageTimes(of: many)
    let seconds = Self.seconds(since: start)
    let operations = ForwardOperations(classifier.configuration, lengths: lengths)
    return BenchmarkProfile(
      entries: Stage.allCases.map { stage in
        BenchmarkProfile.Entry(
          stage: "\(stage)", seconds: times[stage],
          operations: operations[stage].map { $0 * Double(repeats) })
      },
      seconds: seconds, threads: classifier.engine.threads,
      peak: await ProductPeak.measure(
        classifier.options.precision ?? .automatic, threads: classifier.engine.threads))
  }
}
