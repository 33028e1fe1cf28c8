import Files
public import Foundation

/// Models by name: fetched from the Hugging Face Hub into the cache that Python's huggingface_hub
/// and transformers use too, and found there without fetching anything twice.
///
///     let model = ModelReference("ultraleow/cloud4bert")!
///     let snapshot = try await ModelHub().snapshot(of: model)
///     let classifier = try TextClassifier(folder: snapshot.folder)
///
/// Any number of tasks and processes may fetch the same model at once: each file is fetched by one.
public struct ModelHub: Sendable {
  public let settings: HubSettings

  public init(settings: HubSettings = HubSettings()) {
    self.settings = settings
  }

  /// A model's files as they were at one commit.
  public struct Snapshot: Sendable {
    /// The folder with `config.json`, the tokenizer's files and the weights.
    public let folder: URL
    /// The commit's 40 hexadecimal digits.
    public let commit: String
    /// Why the Hub could not be asked whether the revision has moved on since, if so.
    public let staleBecause: HubError?
  }

  /// Finds the model in the cache, or fetches what is missing of it: `config.json`, the tokenizer's
  /// files, the weights, safetensors if there are any, and what `modules.json` of sentence-transformers
  /// names.
  ///
  /// The Hub is asked what a branch or tag stands for now; if it does not answer, the last one
  /// fetched will do. Cut connections are resumed, also by later calls, and every file is checked
  /// against the digest that the Hub gives of it.
  ///
  /// - Parameters:
  ///   - model: Which one, at which revision.
  ///   - onProgress: Called while files come in, from any thread.
  /// - Throws: ``HubError``, or `CancellationError` when the task is cancelled; what was fetched by
  ///   then is kept.
  public func snapshot(
    of model: ModelReference,
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws -> Snapshot {
    if settings.isOffline { return try cachedSnapshot(of: model) }
    let cache = HubCache(settings.cacheFolder, repository: model.repository)
    if let snapshot = pinnedSnapshot(of: model, in: cache) { return snapshot }

    let cached = try? cachedSnapshot(of: model)
    let client = try HubClient(settings)
    let listing: RevisionListing
    do {
      // With something to fall back on, nobody should have to wait.
      var patience = settings
      if cached != nil { patience.attempts = 1 }
      // A connection that never was will hardly come about in a few seconds.
      listing = try await retrying(patience, after: \.mayPassSoon) {
        try await client.listing(of: model)
      }
    } catch let error as HubError {
      guard error.mayFallBack, let cached else { throw error }
      return Snapshot(folder: cached.folder, commit: cached.commit, staleBecause: error)
    }
    try await fetch(listing, of: model, client, cache, onProgress)
    // Last: until here, the revision stands for what was whole before.
    try cache.setCommit(listing.commit, of: model)
    return Snapshot(
      folder: cache.snapshot(listing.commit), commit: listing.commit, staleBecause: nil)
  }

  /// The folder that a person named, or that of the snapshot that a name stands for, as
  /// ``snapshot(of:onProgress:)`` finds it.
  public func folder(
    of location: ModelLocation,
    onProgress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) async throws -> URL {
    switch location {
    case .folder(let folder): folder
    case .hub(let model): try await snapshot(of: model, onProgress: onProgress).folder
    }
  }

  /// Finds the model in the cache, without any request. Throws ``HubError/notCached(model:folder:missing:)``
  /// where files are missing.
  public func cachedSnapshot(of model: ModelReference) throws(HubError) -> Snapshot {
    let cache = HubCache(settings.cacheFolder, repository: model.repository)
    guard let commit = cache.commit(of: model) else {
      throw .notCached(
        model: "\(model)", folder: cache.folder.path, missing: ["revision \(model.revision)"])
    }
    let folder = cache.snapshot(commit)
    let missing = try WantedFiles.missing(in: folder, of: model)
    guard missing.isEmpty else {
      throw .notCached(model: "\(model)", folder: folder.path, missing: missing)
    }
    return Snapshot(folder: folder, commit: commit, staleBecause: nil)
  }

  /// A commit never changes: where the cache has all that it can have, there is nothing to ask.
  private func pinnedSnapshot(of model: ModelReference, in cache: HubCache) -> Snapshot? {
    guard model.isCommit, let snapshot = try? cachedSnapshot(of: model) else { return nil }
    let expected = [ModelFileName.tokenizer, ModelFileName.tokenizerConfiguration]
    return expected.allSatisfy { HubCache.size(of: snapshot.folder.appending(path: $0)) != nil }
      ? snapshot : nil
  }

  private func fetch(
    _ listing: RevisionListing, of model: ModelReference, _ client: HubClient, _ cache: HubCache,
    _ onProgress: @escaping @Sendable (DownloadProgress) -> Void
  ) async throws {
    func fetch(_ file: String) async throws {
      guard let listed = listing.files[file] else {
        throw HubError.notAModel(model: "\(model)", lacks: file)
      }
      try Task.checkCancellation()
      try await Download(
        model: model, commit: listing.commit, file: file, listed: listed, client: client,
        cache: cache, settings: settings, onProgress: onProgress
      ).run()
    }
    let folder = cache.snapshot(listing.commit)
    func isThere(_ name: String) -> Bool { listing.files[name] != nil }
    if isThere(ModelFileName.modules) { try await fetch(ModelFileName.modules) }
    let modules = ModuleFiles(list: folder.appending(path: ModelFileName.modules))
    let prefixes = WantedFiles.prefixes(modules, isThere: isThere)
    // What is no model is found out before anything large comes in.
    let wanted = try prefixes.map { try WantedFiles.wanted(in: listing, under: $0, of: model) }
    for file in modules.wanted(in: listing) { try await fetch(file) }
    for (prefix, wanted) in zip(prefixes, wanted) {
      for file in wanted { try await fetch(file) }
      guard let index = wanted.last, ModelFileName.isIndex(index) else { continue }
      let shards = try WantedFiles.shards(index: folder.appending(path: index), of: model)
      for shard in shards { try await fetch(prefix + shard) }
    }
  }
}

extension HubError {
  /// Whether the Hub may still have the model, so that what was fetched before can be used.
  fileprivate var mayFallBack: Bool {
    switch self {
    case .accessDenied, .notSecure: true
    default: isTransient
    }
  }

  fileprivate var mayPassSoon: Bool {
    if case .notConnected = self { false } else { isTransient }
  }
}
