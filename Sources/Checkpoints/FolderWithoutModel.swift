import Files

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A place that was named as a model's folder and has no `config.json`: what it is instead, and what to
/// name in its place.
package struct FolderWithoutModel {
  private static let adapterConfiguration = "adapter_config.json"

  private let folder: URL
  private let names: [String]
  let isFolder: Bool
  private let exists: Bool

  init(_ folder: URL) {
    self.folder = folder
    exists = FileManager.default.fileExists(atPath: folder.path)
    // Foundation's word for "is it a folder" differs from system to system.
    let contents = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    isFolder = contents != nil
    names = contents ?? []
  }

  /// Throws `CheckpointError` for a file that was named as a folder, and for what is not there.
  package static func requireFolder(_ folder: URL) throws(CheckpointError) {
    let place = Self(folder)
    if !place.isFolder { throw place.error }
  }

  /// Whether it holds what PEFT trains beside a model, LoRA and its like.
  var isAdapter: Bool {
    names.contains(Self.adapterConfiguration) || names.contains { $0.hasPrefix("adapter_model.") }
  }

  var error: CheckpointError {
    guard exists else {
      return CheckpointError(
        .missing, file: folder.path, "no such folder",
        remedy: "name a folder with config.json, the tokenizer's files and the weights")
    }
    if !isFolder { return notAFolder }
    if isAdapter { return adapter }
    let place = folder.path
    if let last = Self.latest(among: names.filter(isCheckpoint)) {
      return CheckpointError(
        .missing, file: place, "has no config.json, but checkpoints of a training, such as \(last)",
        remedy: "name one of these: \(folder.appending(path: last).path)")
    }
    let models = names.sorted().filter { isModel(folder.appending(path: $0)) }
    if let model = models.first {
      return CheckpointError(
        .missing, file: place, "has no config.json, but \(quotedList(models)) has one",
        remedy: "name that folder: \(folder.appending(path: model).path)")
    }
    if let snapshot {
      return CheckpointError(
        .missing, file: place, "is a model's part of the Hub's cache",
        remedy: "name the model as on the Hub, or its snapshot: \(snapshot.path)")
    }
    return CheckpointError(
      .missing, file: folder.appending(path: ModelFileName.configuration).path,
      "No such file or directory",
      remedy: "a model folder holds config.json beside the weights, as save_pretrained of "
        + "transformers writes it")
  }

  // MARK: What it may be

  private var notAFolder: CheckpointError {
    let parent = folder.deletingLastPathComponent()
    if isModel(parent) {
      return CheckpointError(
        .missing, file: folder.path, "is a file, where a model's folder is expected",
        remedy: "name the folder that it is in: \(parent.path)")
    }
    let archives = [".zip", ".tar", ".tar.gz", ".tgz", ".7z"]
    if archives.contains(where: { folder.lastPathComponent.lowercased().hasSuffix($0) }) {
      return CheckpointError(
        .missing, file: folder.path, "is an archive, where a model's folder is expected",
        remedy: "unpack it, and name the folder with config.json")
    }
    return CheckpointError(
      .missing, file: folder.path, "is a file, where a model's folder is expected",
      remedy: "a model is a folder with config.json, the tokenizer's files and the weights, as "
        + "save_pretrained of transformers writes it")
  }

  private var adapter: CheckpointError {
    let base = baseModel.map { " of \(quoted($0))" } ?? ""
    return CheckpointError(
      .unsupported, file: folder.path, "holds an adapter\(base) (PEFT, such as LoRA), not a model",
      remedy: "merge it in Python: peft.AutoPeftModelForSequenceClassification.from_pretrained(...)"
        + ".merge_and_unload().save_pretrained(...), with the tokenizer beside")
  }

  /// `base_model_name_or_path` of `adapter_config.json`.
  private var baseModel: String? {
    guard
      let name = try? ConfigurationFields(Self.adapterConfiguration, in: OpenedFolder(folder))?
        .string("base_model_name_or_path"), !name.isEmpty
    else { return nil }
    return name
  }

  /// `checkpoint-500`, as Trainer of transformers names them, with a model in it.
  private func isCheckpoint(_ name: String) -> Bool {
    Self.step(name) != nil && isModel(folder.appending(path: name))
  }

  private static func step(_ name: String) -> Int? {
    name.hasPrefix("checkpoint-") ? Int(name.dropFirst("checkpoint-".count)) : nil
  }

  private static func latest(among names: [String]) -> String? {
    names.max { (step($0) ?? 0, $0) < (step($1) ?? 0, $1) }
  }

  /// Of `models--organisation--name`, one that can be opened.
  private var snapshot: URL? {
    let snapshots = folder.appending(path: "snapshots")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshots.path)) ?? []
    return names.sorted().map { snapshots.appending(path: $0) }.first(where: isModel)
  }

  private func isModel(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: ModelFileName.configuration).path)
  }
}
