public import HuggingFaceHub

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// Models by the path of their folder or by their name on the Hugging Face Hub, such as
// `ultraleow/cloud4bert` or `ultraleow/cloud4bert@v1.0`, fetched first where the cache lacks them.

extension TextClassifier {
  /// Opens a model by its folder's path or by its name on the Hugging Face Hub.
  ///
  ///     let classifier = try await TextClassifier(model: "ultraleow/cloud4bert")
  ///
  /// - Parameters:
  ///   - model: A folder's path, `organisation/name`, `organisation/name@revision`, or an address.
  ///   - options: As of ``init(folder:options:)``.
  ///   - hub: Where models come from and where they are kept.
  ///   - onProgress: Called while files come in, from any thread.
  /// - Throws: `HubError` where the model cannot be fetched, `CancellationError`, and what
  ///   ``init(folder:options:)`` throws.
  public init(
    model: String, options: Options = Options(), hub: ModelHub = ModelHub(),
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws {
    let folder = try await hub.folder(
      of: ModelLocation(model, endpoint: hub.settings.endpoint), onProgress: onProgress)
    try self.init(folder: folder, options: options)
  }
}

extension FeatureExtractor {
  /// Opens a model as ``TextClassifier/init(model:options:hub:onProgress:)`` does.
  public init(
    model: String, options: Options = Options(), hub: ModelHub = ModelHub(),
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws {
    let folder = try await hub.folder(
      of: ModelLocation(model, endpoint: hub.settings.endpoint), onProgress: onProgress)
    try self.init(folder: folder, options: options)
  }
}

extension FillMask {
  /// Opens a model as ``TextClassifier/init(model:options:hub:onProgress:)`` does.
  public init(
    model: String, options: Options = Options(), hub: ModelHub = ModelHub(),
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws {
    let folder = try await hub.folder(
      of: ModelLocation(model, endpoint: hub.settings.endpoint), onProgress: onProgress)
    try self.init(folder: folder, options: options)
  }
}

extension NextSentence {
  /// Opens a model as ``TextClassifier/init(model:options:hub:onProgress:)`` does.
  public init(
    model: String, options: Options = Options(), hub: ModelHub = ModelHub(),
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws {
    let folder = try await hub.folder(
      of: ModelLocation(model, endpoint: hub.settings.endpoint), onProgress: onProgress)
    try self.init(folder: folder, options: options)
  }
}
