public import Checkpoints
package import Files
public import Tensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A model folder, opened once: what its `config.json` says, and where the tensors of its weights lie.
public struct StoredModel: Sendable {
  public var folder: URL { files.url }
  /// All of its files.
  package let files: OpenedFolder
  /// `config.json`, to be changed and written again.
  public let configurationFile: ConfigurationFile
  public let checkpoint: Checkpoint

  /// What `config.json` says.
  public var configuration: ModelConfiguration { configurationFile.configuration }

  /// Reads `config.json` and the headers of the weights; the weights stay where they are.
  ///
  /// - Throws: `CheckpointError`
  public init(folder: URL) throws(CheckpointError) {
    try self.init(folder: OpenedFolder(folder))
  }

  package init(folder: OpenedFolder) throws(CheckpointError) {
    files = folder
    configurationFile = try ConfigurationFile(folder: folder)
    checkpoint = try Checkpoint(folder: folder)
  }

  /// The tensors under the names of the model's family.
  ///
  /// - Parameter layers: How layers made of them compute.
  /// - Throws: `CheckpointError` where two tensors come to the same name.
  public func weights(
    layers: LinearOptions = LinearOptions()
  ) throws(CheckpointError) -> NamedWeights {
    try NamedWeights(checkpoint, configuration: configuration, layers: layers)
  }
}
