import Foundation
import HuggingFaceHub
import Synchronization
import TestSupport
import Testing

/// What is fetched, where it lies, and what is not asked for again.
@Suite struct SnapshotTests {
  private static let common = [
    "config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
  ]

  @Test(arguments: [
    ("bert-safetensors", ["model.safetensors"]), ("bert-bin", ["pytorch_model.bin"]),
    (
      "bert-sharded",
      [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
      ]
    ),
    (
      "bert-bin-sharded",
      [
        "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin",
        "pytorch_model.bin.index.json",
      ]
    ),
  ])
  func fetchesWhatAModelNeeds(_ fixture: String, _ weights: [String]) async throws {
    let local = try LocalHub(fixture)
    let snapshot = try await local.pull()
    #expect(snapshot.commit == HubServer.commit)
    #expect(snapshot.folder.path == local.snapshotFolder.path)
    #expect(snapshot.staleBecause == nil)
    #expect(local.names(in: "snapshots/\(HubServer.commit)") == (Self.common + weights).sorted())
    #expect(
      try String(contentsOf: local.modelFolder.appending(path: "refs/main"), encoding: .utf8)
        == HubServer.commit)
    for name in Self.common + weights {
      let served = try Data(
        contentsOf: fixturesFolder.appending(path: "checkpoints/\(fixture)/\(name)"))
      let link = local.snapshotFolder.appending(path: name)
      #expect(try Data(contentsOf: link) == served)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: link.path)
          == "../../blobs/\(HubServer.tag(name, served))")
    }
    #expect(local.names(in: "blobs").allSatisfy { !$0.hasSuffix(".incomplete") })
  }

  @Test func safetensorsArePreferredAndTheRestIsLeft() async throws {
    let local = try LocalHub()
    local.server.setModel(
      "tiny/model",
      try local.changedModel(
        "bert-safetensors",
        [
          "pytorch_model.bin": "x", "tf_model.h5": "x", "model.onnx": "x", "README.md": "x",
          "flax_model.msgpack": "x", "special_tokens_map.json": "{}", "added_tokens.json": "{}",
        ]))
    try await local.pull()
    #expect(
      local.names(in: "snapshots/\(HubServer.commit)")
        == (Self.common + ["model.safetensors", "special_tokens_map.json", "added_tokens.json"])
        .sorted())
  }

  @Test(arguments: [
    (
      "dense", "",
      [
        "1_Pooling/config.json", "2_Dropout/config.json", "3_Dense/config.json",
        "3_Dense/model.safetensors", "4_LayerNorm/config.json", "4_LayerNorm/model.safetensors",
        "5_Dense/config.json", "5_Dense/model.safetensors", "6_Dense/config.json",
        "6_Dense/model.safetensors", "sentence_bert_config.json",
        "config_sentence_transformers.json",
      ]
    ),
    (
      "dense-bin", "",
      ["1_Pooling/config.json", "2_Dense/config.json", "2_Dense/pytorch_model.bin"]
    ),
    (
      "legacy-layout", "0_Transformer/",
      ["1_Pooling/config.json", "0_Transformer/sentence_bert_config.json"]
    ),
    ("legacy-distilbert", "", ["1_Pooling/config.json", "sentence_distilbert_config.json"]),
  ])
  func modulesOfSentenceTransformersCome(
    _ name: String, _ prefix: String, _ files: [String]
  ) async throws {
    let model = try SentenceModel(name)
    try model.write("x", to: "1_Pooling/notes.txt")
    let local = try LocalHub(model: model.url)
    let snapshot = try await local.pull()
    let wanted = files + (Self.common + ["model.safetensors"]).map { prefix + $0 }
    for file in wanted + ["modules.json"] {
      #expect(
        try Data(contentsOf: snapshot.folder.appending(path: file))
          == Data(contentsOf: model.url.appending(path: file)), "\(file)")
    }
    for file in ["1_Pooling/notes.txt", "expected.json", "tensors.json"] {
      #expect(
        !FileManager.default.fileExists(atPath: snapshot.folder.appending(path: file).path))
    }
    let offline = local.hub { $0.isOffline = true }
    #expect(try await offline.snapshot(of: LocalHub.model).folder == snapshot.folder)
    try FileManager.default.removeItem(
      at: snapshot.folder.appending(path: "1_Pooling/config.json"))
    await #expect(
      throws: HubError.notCached(
        model: "tiny/model", folder: local.snapshotFolder.path, missing: ["1_Pooling/config.json"])
    ) { _ = try await offline.snapshot(of: LocalHub.model) }
  }

  /// Who opens the folder refuses such a list; a classifier needs none.
  @Test(arguments: [
    #"[{"type": "x.Transformer", "path": "../secrets"}]"#, "[", "{}",
    #"[{"type": "x.Transformer", "path": ""}, {"type": "x.Dense", "path": "/etc"}]"#,
  ])
  func aListThatMakesNoSenseFetchesNothing(_ list: String) async throws {
    let local = try LocalHub()
    local.server.setModel(
      "tiny/model", try local.changedModel("bert-safetensors", ["modules.json": list]))
    try await local.pull()
    #expect(
      local.names(in: "snapshots/\(HubServer.commit)")
        == (Self.common + ["model.safetensors", "modules.json"]).sorted())
  }

  @Test func theSecondTimeAsksOnlyForTheRevision() async throws {
    let local = try LocalHub()
    let first = try await local.pull()
    let before = local.server.requests.count
    let second = try await local.pull()
    #expect(second.folder == first.folder)
    #expect(
      local.server.requests.dropFirst(before).map(\.path)
        == ["/api/models/tiny/model/revision/main?blobs=true"])
  }

  @Test func aCommitIsNotAskedForTwice() async throws {
    let local = try LocalHub()
    let pinned = try #require(ModelReference("tiny/model@\(HubServer.commit)"))
    try await local.pull(pinned)
    #expect(local.names(in: "refs") == [])
    let before = local.server.requests.count
    try await local.pull(pinned)
    #expect(local.server.requests.count == before)
  }

  @Test func contentsThatAreThereAreNotFetchedAgain() async throws {
    let local = try LocalHub()
    try await local.pull()
    try FileManager.default.removeItem(at: local.snapshotFolder)
    let before = local.server.requests.count
    try await local.pull()
    #expect(
      local.server.requests.dropFirst(before).allSatisfy {
        $0.method == "HEAD" || $0.path.hasPrefix("/api/")
      })
  }

  @Test func aShortBlobIsFetchedAgain() async throws {
    let local = try LocalHub()
    try await local.pull()
    let weights = local.snapshotFolder.appending(path: "model.safetensors")
    let whole = try Data(contentsOf: weights)
    let blob = weights.resolvingSymlinksInPath()
    try whole.prefix(100).write(to: blob)
    try await local.pull()
    #expect(try Data(contentsOf: weights) == whole)
  }

  @Test func revisionsAreEscapedAndKeptApart() async throws {
    let local = try LocalHub()
    try await local.pull(#require(ModelReference("tiny/model@refs/pr/1")))
    #expect(
      local.server.requests[0].path == "/api/models/tiny/model/revision/refs%2Fpr%2F1?blobs=true")
    #expect(
      FileManager.default.fileExists(
        atPath: local.modelFolder.appending(path: "refs/refs/pr/1").path))
  }

  @Test func modelsOfOnePartHaveOne() async throws {
    let local = try LocalHub()
    let snapshot = try await local.pull(#require(ModelReference("canonical")))
    #expect(snapshot.folder.path.contains("/models--canonical/snapshots/"))
  }

  @Test func offlineTheCacheIsEnough() async throws {
    let local = try LocalHub()
    try await local.pull()
    let before = local.server.requests.count
    let snapshot = try await local.hub { $0.isOffline = true }.snapshot(of: LocalHub.model)
    #expect(snapshot.folder.path == local.snapshotFolder.path)
    #expect(local.server.requests.count == before)
  }

  @Test(arguments: ["config.json", "model.safetensors", "refs/main"])
  func offlineTheMessageNamesWhatIsMissing(_ name: String) async throws {
    let local = try LocalHub()
    try await local.pull()
    try FileManager.default.removeItem(
      at: (name.hasPrefix("refs") ? local.modelFolder : local.snapshotFolder).appending(path: name))
    do {
      _ = try await local.hub { $0.isOffline = true }.snapshot(of: LocalHub.model)
      Issue.record("a model without \(name) was found")
    } catch let error as HubError {
      let words = name == "refs/main" ? "revision main" : name
      #expect(error.description.contains(words), "\(error)")
      #expect(error.description.contains("HF_HUB_OFFLINE"))
    }
  }

  @Test func offlineAShardMayNotBeMissing() async throws {
    let local = try LocalHub("bert-sharded")
    try await local.pull()
    let shard = "model-00002-of-00002.safetensors"
    try FileManager.default.removeItem(at: local.snapshotFolder.appending(path: shard))
    await #expect(
      throws: HubError.notCached(
        model: "tiny/model", folder: local.snapshotFolder.path, missing: [shard])
    ) { _ = try await local.hub { $0.isOffline = true }.snapshot(of: LocalHub.model) }
  }

  @Test func progressGoesUpToTheWhole() async throws {
    let local = try LocalHub()
    let seen = Mutex<[String: [Int]]>([:])
    let totals = Mutex<[String: Int]>([:])
    _ = try await local.hub().snapshot(of: LocalHub.model) { progress in
      seen.withLock { $0[progress.file, default: []].append(progress.receivedBytes) }
      totals.withLock { $0[progress.file] = progress.totalBytes }
    }
    let counts = seen.withLock { $0 }
    #expect(Set(counts.keys) == Set(Self.common + ["model.safetensors"]))
    for (file, counts) in counts {
      #expect(counts == counts.sorted())
      #expect(counts.last == totals.withLock { $0[file] })
    }
  }
}
