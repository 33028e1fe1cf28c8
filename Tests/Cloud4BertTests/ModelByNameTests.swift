import Cloud4Bert
import Foundation
import HuggingFaceHub
import TestSupport
import Testing

@Suite struct ModelByNameTests {
  @Test func aNameGivesTheSameModelAsAFolder() async throws {
    let folder = fixturesFolder.appending(path: "checkpoints/bert-safetensors")
    let server = try HubServer(["tiny/model": folder])
    let cache = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer {
      server.stop()
      try? FileManager.default.removeItem(at: cache)
    }
    var settings = HubSettings(environment: [:])
    settings.endpoint = server.endpoint
    settings.cacheFolder = cache
    let hub = ModelHub(settings: settings)
    let byName = try await TextClassifier(model: "tiny/model", hub: hub)
    let byFolder = try await TextClassifier(model: folder.path, hub: hub)
    #expect(try byName.classifyBlocking("a b") == byFolder.classifyBlocking("a b"))
    let extractor = try await FeatureExtractor(model: "tiny/model", hub: hub)
    #expect(extractor.folder == byName.folder)
    #expect(byName.folder.path.hasPrefix(cache.path))
    #expect(byFolder.folder.path == folder.path)
    await #expect(throws: HubError.self) { try await TextClassifier(model: "no/model", hub: hub) }
  }
}
