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
      parts.append("\(progress.receivedBytes.megabytes) of \(total.megabytes)")
      if rate.isFinite, rate > 0, progress.receivedBytes < total {
        parts.append("\(Int(min(rate, 1e15)).megabytes)/s")
        let left = Double(total - progress.receivedBytes) / rate
        parts.append("\(ProgressLine.duration(left)) left")
      }
    } else {
      parts.append(progress.receivedBytes.megabytes)
    }
    return parts.joined(separator: "  ")
  }
}
