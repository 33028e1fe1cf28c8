import Checkpoints
import Cloud4Bert

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A model folder that is made of an encoder's folder and a linear head: ``TextClassifier`` and
/// transformers' `AutoModelForSequenceClassification` open it.
public struct ClassifierFolder: Sendable {
  /// Files of a tokenizer, each copied where it is there.
  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json",
    "added_tokens.json",
  ]

  private let url: URL
  private let replacing: Bool

  /// - Parameter replacing: Whether a folder that is there may be replaced.
  /// - Throws: ``LinearHeadError/folderExists(_:)``
  public init(_ url: URL, replacing: Bool = false) throws {
    let manager = FileManager.default
    if manager.fileExists(atPath: url.path) {
      let contents = try? manager.contentsOfDirectory(atPath: url.path)
      guard contents == [] || (replacing && contents != nil) else {
        throw LinearHeadError.folderExists(url.path)
      }
    }
    self.url = url
    self.replacing = replacing
  }

  /// Writes config.json, model.safetensors, the tokenizer's files and README.md, into a folder beside
  /// the final one that takes its place when all is there.
  ///
  /// - Parameters:
  ///   - encoder: The folder that `head` was made from.
  ///   - labels: Of the regression's classes, in order.
  ///   - card: What README.md says.
  /// - Throws: ``LinearHeadError``, `CheckpointError` or `FileError`; then nothing is left behind.
  public func write(
    _ regression: LogisticRegression, labels: [String], head: LinearHead, encoder: URL, card: String
  ) throws {
    precondition(labels.count == regression.intercepts.count, "a label for each class")
    let manager = FileManager.default
    let parent = url.deletingLastPathComponent()
    let partial = parent.appending(
      path: ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).partial")
    do {
      try manager.createDirectory(at: partial, withIntermediateDirectories: true)
    } catch {
      throw LinearHeadError.cannotWrite(folder: url.path, reason: Self.reason(error))
    }
    defer { try? manager.removeItem(at: partial) }

    var configuration = try ConfigurationFile(folder: encoder)
    configuration.becomeClassifier(labels: labels)
    configuration.setLayerCount(head.layerCount)
    try SafetensorsWriter.write(
      head.tensors(regression), to: partial.appending(path: "model.safetensors").path)
    do {
      try Data(configuration.text.utf8).write(to: partial.appending(path: "config.json"))
      try Data(card.utf8).write(to: partial.appending(path: "README.md"))
      for name in Self.tokenizerFiles {
        let file = encoder.appending(path: name)
        guard manager.fileExists(atPath: file.path) else { continue }
        // The bytes, and not a link that the folder may have in their place.
        try Data(contentsOf: file).write(to: partial.appending(path: name))
      }
      try move(partial)
    } catch {
      throw LinearHeadError.cannotWrite(folder: url.path, reason: Self.reason(error))
    }
  }

  private func move(_ partial: URL) throws {
    let manager = FileManager.default
    guard manager.fileExists(atPath: url.path) else {
      try manager.moveItem(at: partial, to: url)
      return
    }
    let old = partial.deletingLastPathComponent()
      .appending(path: partial.lastPathComponent + ".old")
    try manager.moveItem(at: url, to: old)
    do {
      try manager.moveItem(at: partial, to: url)
    } catch {
      try? manager.moveItem(at: old, to: url)
      throw error
    }
    try manager.removeItem(at: old)
  }

  private static func reason(_ error: any Error) -> String {
    #if canImport(FoundationEssentials)
      guard let error = error as? CocoaError else { return "\(error)" }
      if let underlying = error.underlying { return "\(underlying)" }
      return "\(error.code)"
    #else
      return error.localizedDescription
    #endif
  }
}
