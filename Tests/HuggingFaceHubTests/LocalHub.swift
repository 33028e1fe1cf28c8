import Foundation
import TestSupport

@testable import HuggingFaceHub

/// A server with tiny models and an empty cache, both gone with the last user.
final class LocalHub: Sendable {
  static let model = ModelReference("tiny/model")!

  let server: HubServer
  let folder: URL

  /// - Parameter model: The folder of the repository `tiny/model`; one of the fixtures by default.
  init(
    _ fixture: String = "bert-safetensors", model: URL? = nil,
    fault: @escaping @Sendable (HubServer.Request, Int) -> HubServer.Fault? = { _, _ in nil }
  ) throws {
    let checkpoints = fixturesFolder.appending(path: "checkpoints")
    let model = model ?? checkpoints.appending(path: fixture)
    server = try HubServer(["tiny/model": model, "canonical": model], fault: fault)
    folder = FileManager.default.temporaryDirectory.appending(
      path: "cloud4bert-hub-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    server.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  var cache: URL { folder.appending(path: "cache") }
  var modelFolder: URL { cache.appending(path: "models--tiny--model") }
  var snapshotFolder: URL { modelFolder.appending(path: "snapshots/\(HubServer.commit)") }

  /// Impatient, so that tests are quick.
  var settings: HubSettings {
    var settings = HubSettings(environment: [:])
    settings.endpoint = server.endpoint
    settings.token = "hf_secret"
    settings.cacheFolder = cache
    settings.timeout = .seconds(1)
    settings.metadataTimeout = .seconds(1)
    settings.attempts = 3
    settings.retryDelay = .milliseconds(10)
    return settings
  }

  func hub(_ change: (inout HubSettings) -> Void = { _ in }) -> ModelHub {
    var settings = settings
    change(&settings)
    return ModelHub(settings: settings)
  }

  @discardableResult
  func pull(_ model: ModelReference = model) async throws -> ModelHub.Snapshot {
    try await hub().snapshot(of: model)
  }

  /// What the last attempt threw.
  func failure(_ model: ModelReference = model) async -> HubError? {
    do {
      try await pull(model)
      return nil
    } catch {
      return error as? HubError
    }
  }

  func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(
      atPath: modelFolder.appending(path: folder).path))?.sorted() ?? []
  }

  /// A folder to be served, with files of the fixture and others in place of them.
  func changedModel(_ fixture: String, _ files: [String: String]) throws -> URL {
    let copy = folder.appending(path: "served-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: fixturesFolder.appending(path: "checkpoints/\(fixture)"), to: copy)
    for (name, content) in files {
      try Data(content.utf8).write(to: copy.appending(path: name))
    }
    return copy
  }
}
