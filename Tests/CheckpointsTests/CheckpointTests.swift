import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct CheckpointTests {
  private struct Expected: Decodable {
    let dtype: String
    let shape: [Int]
    let checksum: String?
  }

  /// As in the script: the sum of (index + 1) * bit pattern, modulo 2^64.
  private func checksum(_ floats: [Float]) -> String {
    var sum: UInt64 = 0
    for (i, float) in floats.enumerated() { sum &+= UInt64(i + 1) &* UInt64(float.bitPattern) }
    return String(sum)
  }

  @Test(arguments: modelFolders)
  func readsWhatTorchWrote(name: String) throws {
    let folder = checkpointFixtures.appending(path: name)
    let expected = try JSONDecoder().decode(
      [String: Expected].self, from: Data(try fixture("\(name)/tensors.json")))
    let checkpoint = try Checkpoint(folder: folder)
    #expect(checkpoint.names == expected.keys.sorted())
    for (name, wanted) in expected {
      let tensor = try #require(checkpoint[name])
      #expect(tensor.elementType.name == wanted.dtype, "\(name)")
      #expect(tensor.shape == wanted.shape, "\(name)")
      if let sum = wanted.checksum { #expect(try checksum(tensor.floats()) == sum, "\(name)") }
    }
    #expect(checkpoint["none"] == nil)
  }

  @Test func saysWhichFilesItOpened() throws {
    func files(_ name: String) throws -> [String] {
      try Checkpoint(folder: checkpointFixtures.appending(path: name)).files.map(\.name)
    }
    #expect(try files("bert-bin") == ["pytorch_model.bin"])
    #expect(
      try files("bert-sharded") == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
      ])
  }

  /// The Hub's cache has nothing but links in the folders that it shows.
  @Test func tellsTheSizeOfWhatALinkLeadsTo() throws {
    let file = checkpointFixtures.appending(path: "bert-f16/model.safetensors")
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "model.safetensors"), withDestinationURL: file)
    #expect(
      try Checkpoint(folder: folder.url).files == [
        Checkpoint.File(name: "model.safetensors", byteCount: Data(contentsOf: file).count)
      ])
  }

  @Test func opensTheDefaultModel() throws {
    let checkpoint = try Checkpoint(folder: repositoryFolder.appending(path: "Models/cloud4bert"))
    #expect(checkpoint["classifier.weight"]?.shape == [3, 384])
    #expect(checkpoint["classifier.weight"]?.elementType == .bfloat16)
  }

  @Test func prefersSafetensors() throws {
    let folder = try TemporaryFolder()
    try folder.write(try fixture("bert-bin/pytorch_model.bin"), to: "pytorch_model.bin")
    #expect(try Checkpoint(folder: folder.url).files.map(\.name) == ["pytorch_model.bin"])
    try folder.write(try fixture("bert-f16/model.safetensors"), to: "model.safetensors")
    let checkpoint = try Checkpoint(folder: folder.url)
    #expect(checkpoint.files.map(\.name) == ["model.safetensors"])
    #expect(checkpoint["classifier.bias"]?.elementType == .float16)
  }

  @Test func saysWhatItLookedFor() throws {
    let folder = try TemporaryFolder()
    let error = checkpointError { _ = try Checkpoint(folder: folder.url) }
    #expect(error?.kind == .missing)
    #expect(
      error?.problem
        == "has no weights; looked for model.safetensors, model.safetensors.index.json, "
        + "pytorch_model.bin, pytorch_model.bin.index.json")
    try folder.write("x", to: "tf_model.h5")
    #expect(
      checkpointError { _ = try Checkpoint(folder: folder.url) }?.remedy?.contains("tf_model.h5")
        == true)
    let none = folder.url.appending(path: "none")
    #expect(checkpointError { _ = try Checkpoint(folder: none) }?.problem == "no such folder")
    try folder.write("", to: "model.safetensors")
    let empty = checkpointError { _ = try Checkpoint(folder: folder.url) }
    #expect(empty?.problem == "is empty")
    #expect(empty?.kind == .malformed)
  }

  @Test func errorsAreOneLineWhateverAFileSays() throws {
    let folder = try TemporaryFolder()
    let name = "a\\n\\u001b[31m\\u202e" + String(repeating: "x", count: 500)
    let header = "{\"\(name)\":{\"dtype\":\"X\",\"shape\":[],\"data_offsets\":[0,0]}}"
    try folder.write(
      littleEndian(header.utf8.count, 8) + Array(header.utf8), to: "model.safetensors")
    let text = checkpointError { _ = try Checkpoint(folder: folder.url) }?.description ?? ""
    #expect(text.contains(#"'a\u{a}\u{1b}[31m\u{202e}xxx"#))
    #expect(text.contains("...'"))
    #expect(!text.contains { $0.isNewline || $0 == "\u{1b}" })
  }
}
