import Cloud4Bert
import Foundation
import Synchronization
import Tokenization

/// The one model of a server, opened for each use that its folder is good for.
final class ServedModel: Sendable {
  struct Options: Sendable {
    var threads: Int?
    var precision: Precision?
    var maxLength: Int?
  }

  /// As the person who started the server named it.
  let name: String
  let summary: ModelSummary
  let classifier: TextClassifier?
  let fillMask: FillMask?
  let tokenizer: BertTokenizer
  let maxLength: Int

  private let folder: URL
  private let options: Options
  private let isFeatureModel: Bool
  /// Opened by the first request that wants it: most servers are asked for labels or for vectors only.
  private let extractor = Mutex<FeatureExtractor?>(nil)
  /// The same with prompts, of which the folder has some.
  private let prompted = Mutex<[String: FeatureExtractor]>([:])

  init(name: String, folder: URL, options: Options) throws {
    self.name = name
    self.folder = folder
    self.options = options
    let uses = try ModelUse.uses(of: folder)
    summary = try ModelSummary(folder: folder)
    tokenizer = try BertTokenizer(folder: folder)
    classifier =
      uses.contains(.classification)
      ? try TextClassifier(
        folder: folder,
        options: .init(
          maxLength: options.maxLength, threads: options.threads, precision: options.precision))
      : nil
    fillMask =
      uses.contains(.maskFilling)
      ? try FillMask(
        folder: folder,
        options: .init(
          maxLength: options.maxLength, threads: options.threads, precision: options.precision))
      : nil
    isFeatureModel = uses.contains(.features)
    if let length = classifier?.maxLength ?? fillMask?.maxLength {
      maxLength = length
    } else {
      let opened = try Self.extractor(of: folder, options)
      extractor.withLock { $0 = opened }
      maxLength = opened.maxLength
    }
  }

  /// - Parameter promptName: One of the folder's prompts; nil for its default.
  func features(promptName: String?) throws -> FeatureExtractor {
    guard let promptName else { return try features() }
    return try prompted.withLock { extractors in
      if let extractor = extractors[promptName] { return extractor }
      let extractor = try features().prompted(by: promptName)
      extractors[promptName] = extractor
      return extractor
    }
  }

  func features() throws -> FeatureExtractor {
    guard isFeatureModel else { throw APIError.notServed("embeddings", by: name) }
    return try extractor.withLock { extractor in
      if let extractor { return extractor }
      let opened = try Self.extractor(of: folder, options)
      extractor = opened
      return opened
    }
  }

  private static func extractor(of folder: URL, _ options: Options) throws -> FeatureExtractor {
    try FeatureExtractor(
      folder: folder,
      options: .init(
        maxLength: options.maxLength, threads: options.threads, precision: options.precision))
  }

  /// What `/info` calls the model's type.
  var kind: String {
    if let classifier { return classifier.labels.count == 1 ? "reranker" : "classifier" }
    return fillMask == nil ? "embedding" : "fill_mask"
  }
}
