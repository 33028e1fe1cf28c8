import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `training-log.jsonl`: an object for each step and one for each evaluation.
struct TrainingLog {
  static let fileName = "training-log.jsonl"

  private let file: NewFile

  /// - Parameter byteCount: How much of the file that is there to keep: what was logged after the
  ///   checkpoint will come once more.
  init(in folder: URL, keeping byteCount: Int) throws(FileError) {
    let path = folder.appending(path: Self.fileName).path
    if byteCount == 0 { try? FileManager.default.removeItem(atPath: path) }
    file =
      FileManager.default.fileExists(atPath: path)
      ? try NewFile(path: path, keeping: byteCount) : try NewFile(path: path)
  }

  var byteCount: Int { file.byteCount }

  func append(_ record: StepRecord) throws {
    let (outcome, losses) = (record.outcome, record.outcome.lossParts)
    // One part is the loss itself.
    let parts =
      losses.names.count > 1 ? zip(losses.names, losses.values).sorted { $0.0 < $1.0 } : []
    try append(
      [("step", record.step), ("epoch", record.epoch), ("loss", outcome.loss)]
        + parts.map { ("\($0)_loss", $1) }
        + [
          ("learning_rate", record.learningRate), ("gradient_norm", outcome.gradientNorm),
          ("tokens_per_second", record.tokensPerSecond.rounded()),
        ])
  }

  func append(_ record: EpochRecord) throws {
    try append(
      [
        ("step", record.stepCount), ("epoch", record.epoch), ("training_loss", record.trainingLoss),
      ] + record.validationMembers)
  }

  private func append(_ members: [(key: String, value: any Encodable)]) throws {
    try file.append(JSON.line(of: JSONRow(members)) + [UInt8(ascii: "\n")])
  }

  func close() throws(FileError) { try file.close() }
}
