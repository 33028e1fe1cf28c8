import Checkpoints
import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How far a run is: what a checkpoint holds beside the tensors.
struct TrainingPosition: Codable, Equatable {
  /// Of the file's layout.
  var version = 1
  /// What must be the same for the run to be resumed.
  var identity: [String: String]
  /// The epoch of the next step, from 0.
  var epoch = 0
  /// Steps that are done.
  var stepCount = 0
  /// The steps' losses so far: of this epoch, times their examples; and smoothed.
  var epochLossSum = 0.0
  var epochSeconds = 0.0
  var smoothedLoss: Double?
  var epochs: [EpochRecord] = []
  /// The index in ``epochs``.
  var best: Int?
  var epochsWithoutGain = 0
  var seconds = 0.0
  /// How long the log was.
  var logByteCount = 0
  /// The file of the learner's state.
  var stateFile = ""
  /// The file of the best epoch's parameters.
  var bestFile: String?
}

/// The folder `checkpoint/` of a run: `checkpoint.json`, and the tensors that it names.
///
/// Tensors go to files of new names, and only when the disk has them does a new `checkpoint.json` take
/// the old one's place, in one step; then the files that it does not name are removed. Whenever the
/// program or the machine stops, there is one whole checkpoint: the old one or the new one.
struct TrainingCheckpoint {
  static let folderName = "checkpoint"
  // Figures that are no numbers come back as they were, where null would tell less.
  private static let (infinity, nan) = ("Infinity", "NaN")

  let folder: URL
  private var file: URL { folder.appending(path: "checkpoint.json") }

  init(of output: URL) {
    folder = output.appending(path: Self.folderName)
  }

  /// - Throws: ``TrainingError``
  func read() throws(TrainingError) -> TrainingPosition {
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw .noCheckpoint(folder: folder.deletingLastPathComponent().path)
    }
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: Self.infinity, negativeInfinity: "-\(Self.infinity)", nan: Self.nan)
      let position = try decoder.decode(TrainingPosition.self, from: Data(contentsOf: file))
      guard position.version == 1 else {
        throw TrainingError.damagedCheckpoint(
          file: file.path, problem: "has the layout \(position.version), which is not known here")
      }
      return position
    } catch let error as TrainingError {
      throw error
    } catch {
      throw .damagedCheckpoint(file: file.path, problem: "is not what a training run writes")
    }
  }

  /// The tensors of a file that a position names.
  func tensors(_ name: String) throws(TrainingError) -> StoredTensors {
    let path = folder.appending(path: name).path
    do {
      return try StoredTensors(safetensors: path)
    } catch {
      throw .damagedCheckpoint(file: path, problem: error.problem)
    }
  }

  /// Writes tensors to a file of a new name.
  func write(_ tensors: [NewTensor], to name: String) throws {
    let path = folder.appending(path: name).path
    // Of a run that stopped between this file and the next checkpoint.json.
    try? FileManager.default.removeItem(atPath: path)
    do {
      try SafetensorsWriter.write(tensors, to: path, isSynchronized: true)
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw error
    }
  }

  /// Makes `position` the checkpoint, and removes the files that it does not name.
  func commit(_ position: TrainingPosition) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: Self.infinity, negativeInfinity: "-\(Self.infinity)", nan: Self.nan)
    let bytes = [UInt8](try encoder.encode(position))
    try FileError.writing(file.path) { () throws(SystemFailure) in
      try Replacement.write(bytes, to: file.path)
    }
    let kept = [file.lastPathComponent, position.stateFile, position.bestFile]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where !kept.contains(name) {
      try? FileManager.default.removeItem(at: folder.appending(path: name))
    }
  }

  var exists: Bool { FileManager.default.fileExists(atPath: file.path) }

  func createFolder() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Takes the whole folder away.
  func remove() {
    try? FileManager.default.removeItem(at: folder)
  }
}
