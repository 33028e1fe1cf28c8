import Files
import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ShardIndexTests {
  private let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]

  private func read(_ json: String) throws -> ShardIndex {
    try ShardIndex(json: Array(json.utf8), path: "index.json")
  }

  private func shardedCopy() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in shards + ["model.safetensors.index.json"] {
      try folder.write(try fixture("bert-sharded/\(name)"), to: name)
    }
    return folder
  }

  @Test func groupsNamesByFile() throws {
    let index = try read(#"{"metadata": {}, "weight_map": {"a": "1.x", "b": "2.x", "c": "1.x"}}"#)
    #expect(index.namesByShard.count == 2)
    #expect(index.namesByShard["1.x"] == ["a", "c"])
    #expect(index.namesByShard["2.x"] == ["b"])
    // As in Python, the last of two equal keys counts.
    let twice = try read(#"{"weight_map": {"w": "1.x", "w": "2.x"}}"#)
    #expect(twice.namesByShard.count == 1)
    #expect(twice.namesByShard["2.x"] == ["w"])
  }

  @Test(arguments: [
    "", ".", "..", "../a", "/etc/passwd", "a/b", "a\\\\b", "C:a", "a\\u0000", "a\\n",
    String(repeating: "a", count: 256),
  ])
  func refusesNamesThatLeaveTheFolder(name: String) {
    let error = checkpointError { _ = try read("{\"weight_map\": {\"w\": \"\(name)\"}}") }
    #expect(error?.kind == .malformed)
    #expect(error?.key == "w")
    #expect(error?.problem.contains("no plain name") == true)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"weight_map": {}}"#, #"{"weight_map": []}"#, #"{"weight_map": {"w": 1}}"#,
  ])
  func refuses(json: String) {
    #expect(checkpointError { _ = try read(json) }?.kind == .malformed)
  }

  @Test func refusesTooManyFiles() {
    let map = (0...1024).map { "\"\($0)\": \"\($0)\"" }.joined(separator: ",")
    let error = checkpointError { _ = try read("{\"weight_map\": {\(map)}}") }
    #expect(error?.problem == "names 1025 files; at most 1024")
  }

  @Test func saysWhichShardIsMissing() throws {
    let folder = try shardedCopy()
    #expect(throws: Never.self) { try Checkpoint(folder: folder.url) }
    try FileManager.default.removeItem(at: folder.url.appending(path: shards[1]))
    let error = checkpointError { _ = try Checkpoint(folder: folder.url) }
    #expect(error?.kind == .missing)
    #expect(error?.file.hasSuffix(shards[1]) == true)
    #expect(error?.remedy?.contains("fetch all 2 files") == true)
  }

  @Test func saysWhichTensorIsNotInItsShard() throws {
    let folder = try shardedCopy()
    try folder.write(try fixture("bert-sharded/\(shards[0])"), to: shards[1])
    let error = checkpointError { _ = try Checkpoint(folder: folder.url) }
    #expect(error?.kind == .missing)
    #expect(error?.key?.hasPrefix("bert.") == true)
    #expect(error?.problem.contains("is not in this file") == true)
  }

  @Test func survivesDamagedFiles() throws {
    let folder = try shardedCopy()
    var mutator = Mutator(
      seed: 4, tokens: ["../", "\"weight_map\":", "{", "}", "null", "\\u0000", "\"", ","])
    let original = try fixture("bert-sharded/model.safetensors.index.json")
    var accepted = 0
    for _ in 0..<mutationCount(default: 1000) {
      let bytes = mutator.mutate(original)
      let error = checkpointError {
        let index = try ShardIndex(json: bytes, path: "index.json")
        accepted += 1
        for shard in index.namesByShard.keys {
          let url = folder.url.appending(path: shard.string).standardizedFileURL
          #expect(url.deletingLastPathComponent().path == folder.url.standardizedFileURL.path)
        }
        _ = try index.tensors(in: OpenedFolder(folder.url), read: SafetensorsFile.tensors(in:))
      }
      if let error { #expect(!error.description.contains("\n")) }
    }
    print("index: \(accepted) damaged files accepted")
  }
}
