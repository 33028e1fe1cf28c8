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

  func append(_ record: StepRecord) throws(FileError) {
    var parts = ""
    let outcome = record.outcome
    let losses = zip(outcome.lossParts.names, outcome.lossParts.values)
    // One part is the loss itself.
    if outcome.lossParts.names.count > 1 {
      for (name, loss) in losses.sorted(by: { $0.0 < $1.0 }) {
        parts += "\"\(name)_loss\":\(number(loss)),"
      }
    }
    try append(
      """
      {"step":\(record.step),"epoch":\(record.epoch),"loss":\(number(outcome.loss)),\(parts)\
      "learning_rate":\(number(record.learningRate)),\
      "gradient_norm":\(number(outcome.gradientNorm)),\
      "tokens_per_second":\(number(record.tokensPerSecond.rounded()))}
      """)
  }

  func append(_ record: EpochRecord) throws(FileError) {
    var figures = ""
    for (name, value) in (record.figures?.figures ?? [:]).sorted(by: { $0.key < $1.key }) {
      figures += ",\"validation_\(name)\":\(number(value))"
    }
    try append(
      """
      {"step":\(record.stepCount),"epoch":\(record.epoch),\
      "training_loss":\(number(record.trainingLoss))\(figures)}
      """)
  }

  /// JSON has no number for what is none, such as the perplexity of a model that is far off.
  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

  private func append(_ line: String) throws(FileError) {
    try file.append(Array("\(line)\n".utf8))
  }

  func close() throws(FileError) { try file.close() }
}
