public import Foundation

/// The folder `Tests/Fixtures`, found from this source file so that tests run from any directory.
public let fixturesFolder = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

/// The root of the repository.
public let repositoryFolder = fixturesFolder.deletingLastPathComponent().deletingLastPathComponent()

/// The folders that `Scripts/fixtures/checkpoints.py` writes.
public let checkpointFixtures = fixturesFolder.appending(path: "checkpoints")

/// The whole models among them.
public let modelFolders = [
  "bert-safetensors", "bert-sharded", "bert-bin", "bert-bin-sharded", "bert-f16", "bert-bf16",
  "bert-bin-f16", "bert-bin-f64", "bert-old-names", "bert-bare", "bert-gelu-new",
  "bert-multi-label", "bert-pretraining", "bert-pretraining-bin", "distilbert-safetensors",
  "distilbert-bin", "distilbert-mlm", "bert-bin-legacy", "bert-bin-legacy-sharded",
  "distilbert-bin-legacy", "bert-surplus",
]

/// A file among the folders.
public func fixture(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: checkpointFixtures.appending(path: path)))
}
