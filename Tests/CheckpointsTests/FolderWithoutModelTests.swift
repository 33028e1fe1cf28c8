import Files
import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct FolderWithoutModelTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func error(at path: String = "") -> String {
    let url = path.isEmpty ? folder.url : folder.url.appending(path: path)
    return checkpointError { _ = try ConfigurationFields(folder: OpenedFolder(url)) }?.description
      ?? "none"
  }

  private func makeModel(in path: String) throws {
    let url = folder.url.appending(path: path)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(try fixture("bert-safetensors/config.json"))
      .write(to: url.appending(path: "config.json"))
  }

  @Test func adapters() throws {
    try folder.write(
      #"{"base_model_name_or_path": "google-bert/bert-base-cased", "peft_type": "LORA"}"#,
      to: "adapter_config.json")
    try folder.write("x", to: "adapter_model.safetensors")
    #expect(
      error().contains("holds an adapter of 'google-bert/bert-base-cased' (PEFT, such as LoRA"))
    #expect(error().contains("merge_and_unload"))
    // A configuration beside it does not make it a model.
    try folder.write(try fixture("bert-safetensors/config.json"), to: "config.json")
    let weights = checkpointError { _ = try Checkpoint(folder: folder.url) }
    #expect(weights?.problem.contains("holds an adapter") == true)
  }

  @Test func checkpointsOfATraining() throws {
    for step in ["500", "1500", "1000"] { try makeModel(in: "checkpoint-\(step)") }
    try folder.write("{}", to: "checkpoint-9999")
    let text = error()
    #expect(text.contains("checkpoints of a training, such as checkpoint-1500"))
    #expect(text.hasSuffix("name one of these: \(folder.url.path)/checkpoint-1500"))
  }

  @Test func aFolderAboveAModel() throws {
    try makeModel(in: "mine/inner")
    #expect(error(at: "mine").hasSuffix("name that folder: \(folder.url.path)/mine/inner"))
    try makeModel(in: "models--a--b/snapshots/0123")
    #expect(error(at: "models--a--b").hasSuffix("\(folder.url.path)/models--a--b/snapshots/0123"))
  }

  @Test func files() throws {
    try folder.write("x", to: "model.safetensors")
    #expect(
      error(at: "model.safetensors").contains("is a file, where a model's folder is expected"))
    try folder.write("{}", to: "config.json")
    #expect(
      error(at: "model.safetensors").hasSuffix("name the folder that it is in: \(folder.url.path)"))
    let other = try TemporaryFolder()
    try other.write("x", to: "model.tar.gz")
    let archive = checkpointError {
      _ = try ConfigurationFields(
        folder: OpenedFolder(other.url.appending(path: "model.tar.gz")))
    }
    #expect(archive?.description.contains("is an archive") == true)
  }

  @Test func nothing() throws {
    #expect(error(at: "none").contains("no such folder"))
    #expect(error().contains("config.json: No such file or directory"))
  }

  @Test(arguments: ["config.json", "model.safetensors.index.json", "sentence_bert_config.json"])
  func gitLFSPointers(name: String) throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    try folder.write(pointer, to: name)
    let error = checkpointError {
      switch name {
      case "config.json": _ = try ConfigurationFields(folder: OpenedFolder(folder.url))
      case "sentence_bert_config.json": _ = try SentenceConfiguration(folder: folder.url)
      default: _ = try Checkpoint(folder: folder.url)
      }
    }
    #expect(error?.description.contains("\(name): is a Git LFS pointer") == true)
    #expect(error?.remedy == "run 'git lfs pull' in the folder")
  }
}
