import HuggingFaceHub

extension TextClassifier {
  /// Opens a model by the path of its folder or by its name on the Hugging Face Hub, such as
  /// `ultraleow/cloud4bert` or `ultraleow/cloud4bert@v1.0`, which is fetched first where the cache
  /// does not have it.
  ///
  ///     let classifier = try await TextClassifier(model: "ultraleow/cloud4bert")
  ///
  /// - Parameters:
  ///   - hub: Where models come from and where they are kept.
  ///   - onProgress: Called while files come in, from any thread.
  /// - Throws: `HubError` where the model cannot be fetched, `CancellationError`, and what
  ///   ``init(folder:options:)`` throws.
  public init(
    model: String, options: Options = Options(), hub: ModelHub = ModelHub(),
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws {
    let folder =
      switch ModelLocation(model) {
      case .folder(let folder): folder
      case .hub(let reference):
        try await hub.snapshot(of: reference, onProgress: onProgress).folder
      }
    try self.init(folder: folder, options: options)
  }
}
