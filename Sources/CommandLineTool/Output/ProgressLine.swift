#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One line on standard error that tells how far a long job is; nothing where no person watches.
struct ProgressLine {
  private let isShown: Bool
  private let total: Int?
  /// What an earlier process had done.
  private let before: (rows: Int, bytes: Int)
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private var width = 0

  /// - Parameters:
  ///   - total: Bytes of the input, where known.
  ///   - before: Rows and bytes of it that were done before.
  init(
    total: Int?, before: (rows: Int, bytes: Int) = (0, 0),
    isShown: Bool = StandardError.showsProgress
  ) {
    self.total = total
    self.before = before
    self.isShown = isShown
  }

  /// Shows the state, at most five times a second.
  mutating func update(rows: Int, bytes: Int) {
    guard isDue() else { return }
    show(Self.text(rows: rows, bytes: bytes, total: total, elapsed: seconds, before: before))
  }

  /// Shows any other state, as often.
  mutating func update(_ text: @autoclosure () -> String) {
    guard isDue() else { return }
    show(text())
  }

  private mutating func isDue() -> Bool {
    guard isShown, last.duration(to: .now) > .milliseconds(200) else { return false }
    last = .now
    return true
  }

  /// Replaces the line by a last one that stays.
  mutating func finish(rows: Int) {
    guard isShown else { return }
    let rate = Self.rate(rows: rows - before.rows, seconds: seconds)
    show("\(rows.grouped) rows in \(Self.duration(seconds)), \(rate)")
    StandardError.write("\n")
  }

  /// Takes the line away before another message.
  mutating func clear() {
    guard isShown, width > 0 else { return }
    show("")
    StandardError.write("\r")
  }

  private var seconds: Double {
    let elapsed = start.duration(to: .now).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
  }

  private mutating func show(_ text: String) {
    let padding = String(repeating: " ", count: max(0, width - text.terminalColumns))
    StandardError.write("\r\(text)\(padding)")
    width = text.terminalColumns
  }

  static func text(
    rows: Int, bytes: Int, total: Int?, elapsed: Double, before: (rows: Int, bytes: Int) = (0, 0)
  ) -> String {
    var parts = ["\(rows.grouped) rows", rate(rows: rows - before.rows, seconds: elapsed)]
    if let total, total > 0, bytes > 0 {
      let share = min(1, Double(bytes) / Double(total))
      parts.append("\(Int(share * 100)) %")
      let done = Double(bytes - before.bytes)
      if share < 1, done > 0 {
        parts.append("\(duration(elapsed * Double(total - bytes) / done)) left")
      }
    }
    return parts.joined(separator: "  ")
  }

  static func rate(rows: Int, seconds: Double) -> String {
    guard seconds > 0 else { return "" }
    let rate = Double(rows) / seconds
    return rate < 10 ? "\(rate.fixed(1)) rows/s" : "\(Int(rate).grouped) rows/s"
  }

  static func duration(_ seconds: Double) -> String {
    guard seconds >= 10 else { return "\(seconds.fixed(1)) s" }
    let whole = Int(min(seconds, 1e9).rounded())
    let (minutes, rest) = (whole / 60, whole % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return minutes < 60
      ? "\(minutes):\(two(rest))" : "\(minutes / 60):\(two(minutes % 60)):\(two(rest))"
  }
}
