public import Checkpoints
public import Files
public import Transformers

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A model folder to be written: `TextClassifier` and transformers' `AutoModel…` classes open it.
public struct ModelFolder: Sendable {
  /// Files of a tokenizer, each copied where it is there.
  private static let tokenizerFiles =
    ModelFileName.vocabularies + ModelFileName.tokenizerSettings

  public let url: URL

  /// All that this package writes to a folder: one that holds anything else is not replaced, as that
  /// would be lost.
  private static let replaceable = Set(
    tokenizerFiles + [
      ModelFileName.configuration, ModelFileName.safetensors, ModelFileName.card,
      TrainingLog.fileName,
      TrainingCheckpoint.folderName,
    ])

  /// Checks that a model may be written there.
  ///
  /// - Parameters:
  ///   - url: A folder that need not be there; of a link, where it leads to.
  ///   - replacing: Whether a model or training run that is there may be replaced.
  /// - Throws: ``ModelFolderError``
  public init(_ url: URL, replacing: Bool = false) throws(ModelFolderError) {
    let manager = FileManager.default
    let resolved = Self.resolved(url)
    FolderReplacement.clearRemains(of: resolved)
    if manager.fileExists(atPath: url.path) {
      let contents = try? manager.contentsOfDirectory(atPath: url.path)
      if contents != [] {
        guard replacing, let contents else { throw .exists(url.path) }
        let others = Set(contents).subtracting(Self.replaceable)
        guard others.isEmpty else { throw .holdsOtherFiles(url.path, others.sorted()) }
      }
    }
    if (try? manager.destinationOfSymbolicLink(atPath: resolved.path)) != nil {
      throw .cannotWrite(folder: url.path, reason: "it is a link that leads nowhere")
    }
    self.url = resolved
  }

  /// Without links, and without a slash at its end, which would make the folder beside it one inside.
  private static func resolved(_ url: URL) -> URL {
    URL(
      filePath: url.resolvingSymlinksInPath().standardizedFileURL.path,
      directoryHint: .notDirectory)
  }

  /// Writes config.json, model.safetensors, the tokenizer's files and README.md, into a folder beside
  /// the final one that takes its place when all is there.
  ///
  /// - Parameters:
  ///   - tensors: Those of model.safetensors.
  ///   - configuration: That of config.json.
  ///   - base: The model whose tokenizer this one has, with the files as they were when it was opened.
  ///   - tokenizerConfiguration: What takes the place of the base's tokenizer_config.json; nil for
  ///     its own.
  ///   - card: What README.md says.
  ///   - kept: Files of the folder that is replaced that the new one keeps.
  /// - Throws: ``ModelFolderError``, `CheckpointError` or `FileError`; then nothing is left behind.
  public func write(
    _ tensors: [NewTensor], configuration: ConfigurationFile, tokenizerOf base: StoredModel,
    tokenizerConfiguration: TokenizerConfigurationFile? = nil, card: String,
    keeping kept: [String] = []
  ) throws {
    let manager = FileManager.default
    let replacement: FolderReplacement
    do {
      replacement = try FolderReplacement(of: url)
    } catch {
      throw ModelFolderError.cannotWrite(folder: url.path, reason: systemReason(error))
    }
    let partial = replacement.url
    try SafetensorsWriter.write(
      tensors, to: partial.appending(path: ModelFileName.safetensors).path, isSynchronized: true)
    do {
      try Data(configuration.text.utf8).write(
        to: partial.appending(path: ModelFileName.configuration))
      try Data(card.utf8).write(to: partial.appending(path: ModelFileName.card))
      for name in Self.tokenizerFiles {
        guard let bytes = try base.files.bytes(of: name) else { continue }
        try Data(bytes).write(to: partial.appending(path: name))
      }
      if let tokenizerConfiguration {
        try Data(tokenizerConfiguration.text.utf8)
          .write(to: partial.appending(path: ModelFileName.tokenizerConfiguration))
      }
      for name in kept where manager.fileExists(atPath: url.appending(path: name).path) {
        try manager.copyItem(
          at: url.appending(path: name), to: partial.appending(path: name))
      }
      try replacement.commit()
    } catch let error as FileError {
      throw error
    } catch {
      throw ModelFolderError.cannotWrite(folder: url.path, reason: systemReason(error))
    }
  }
}

extension ModelFolder {
  /// Writes the folder of an encoder and a linear head.
  ///
  /// - Parameters:
  ///   - regression: What becomes the classifier's last layer.
  ///   - labels: Of the regression's classes, in order.
  ///   - head: What lies between the encoder and that.
  ///   - card: What README.md says.
  /// - Throws: ``ModelFolderError``, `CheckpointError` or `FileError`; then nothing is left behind.
  public func write(
    _ regression: LogisticRegression, labels: [String], head: LinearHead, card: String
  ) throws {
    precondition(labels.count == regression.intercepts.count, "a label for each class")
    var configuration = head.encoder.configurationFile
    configuration.becomeClassifier(labels: labels)
    configuration.setLayerCount(head.layerCount)
    try write(
      head.tensors(regression), configuration: configuration, tokenizerOf: head.encoder,
      card: card)
  }
}

/// A model folder that cannot be written.
public enum ModelFolderError: DescribedError, Sendable, Equatable {
  /// The folder is there and holds something.
  case exists(String)
  /// The folder to be replaced holds files that are none of a model's.
  case holdsOtherFiles(String, [String])
  /// A file system that refuses.
  case cannotWrite(folder: String, reason: String)

  public var description: String {
    switch self {
    case .exists(let folder):
      """
      \(folder) exists and is not an empty folder; name another one, or have this one replaced
      """
    case .holdsOtherFiles(let folder, let names):
      """
      \(folder) holds more than a model, which replacing it would destroy: \(quotedList(names)); name \
      another folder, or move these away
      """
    case .cannotWrite(let folder, let reason):
      "cannot write \(folder): \(reason)"
    }
  }
}

/// Why a file operation failed, in the system's words.
func systemReason(_ error: any Error) -> String {
  #if canImport(FoundationEssentials)
    guard let error = error as? CocoaError else { return "\(error)" }
    guard let underlying = error.underlying else { return "\(error.code)" }
    guard let reason = (underlying as? POSIXError)?.code else { return "\(underlying)" }
    return String(cString: strerror(reason.rawValue))
  #else
    return error.localizedDescription
  #endif
}
