import HuggingFaceHub
import Synchronization

/// One line on standard error that tells how far the files of a model are; nothing where no person
/// watches.
final class DownloadLine: Sendable {
  private struct State {
    var line: ProgressLine
    var file: String?
    var start = ContinuousClock.now
    var firstBytes = 0
  }

  private let state: Mutex<State>

  /// - Parameter isShown: Not where a person wants none.
  init(isShown: Bool = true) {
    state = Mutex(
      State(line: ProgressLine(total: nil, isShown: isShown && StandardError.showsProgress)))
  }

  func update(_ progress: DownloadProgress) {
    state.withLock { state in
      if state.file != progress.file {
        state.file = progress.file
        state.start = .now
        state.firstBytes = progress.receivedBytes
      }
      let elapsed = state.start.duration(to: .now) / .seconds(1)
      state.line.update(
        Self.text(progress, rate: Double(progress.receivedBytes - state.firstBytes) / elapsed))
    }
  }

  func finish() {
    state.withLock { $0.line.clear() }
  }

  static func text(_ progress: DownloadProgress, rate: Double) -> String {
    var parts = [progress.file]
    if let total = progress.totalBytes, total > 0 {
      parts.append("\(progress.receivedBytes * 100 / total) %")
      parts.append("\(megabytes(progress.receivedBytes)) of \(megabytes(total)) MB")
      if rate.isFinite, rate > 0, progress.receivedBytes < total {
        parts.append("\(megabytes(Int(min(rate, 1e15)))) MB/s")
        let left = Double(total - progress.receivedBytes) / rate
        parts.append("\(ProgressLine.duration(left)) left")
      }
    } else {
      parts.append("\(megabytes(progress.receivedBytes)) MB")
    }
    return parts.joined(separator: "  ")
  }

  /// With one decimal.
  private static func megabytes(_ bytes: Int) -> String {
    let tenths = (bytes + 50_000) / 100_000
    return "\(ProgressLine.grouped(tenths / 10)).\(tenths % 10)"
  }
}
