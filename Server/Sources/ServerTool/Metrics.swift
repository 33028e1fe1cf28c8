import Cloud4Bert
import Foundation
import Synchronization

/// What Prometheus reads at `/metrics`.
final class Metrics: Sendable {
  private struct Series: Hashable {
    let route: String
    let status: Int
  }

  private struct Histogram {
    static let seconds = [
      0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
    ]
    static let sizes: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256]

    let bounds: [Double]
    var counts: [Int]
    var sum = 0.0

    init(bounds: [Double] = seconds) {
      self.bounds = bounds
      counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func add(_ value: Double) {
      counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
      sum += value
    }

    /// - Parameter label: With a comma behind it, or nothing.
    func lines(_ name: String, label: String = "") -> [String] {
      var total = 0
      var lines: [String] = []
      let ends = bounds.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } + ["+Inf"]
      for (end, count) in zip(ends, counts) {
        total += count
        lines.append("\(name)_bucket{\(label)le=\"\(end)\"} \(total)")
      }
      let braces = label.isEmpty ? "" : "{\(label.dropLast())}"
      return lines + ["\(name)_sum\(braces) \(sum)", "\(name)_count\(braces) \(total)"]
    }
  }

  private struct State {
    var requests: [Series: Int] = [:]
    var durations: [String: Histogram] = [:]
    var failures: [String: Int] = [:]
    var texts = 0
    var tokens = 0
    var tokenization = Histogram()
    var queue = Histogram()
    var inference = Histogram()
    var batch = Histogram(bounds: Histogram.sizes)
  }

  private let state = Mutex(State())

  func record(route: String, status: Int, failure: APIError.Kind?, seconds: Double) {
    state.withLock { state in
      state.requests[Series(route: route, status: status), default: 0] += 1
      state.durations[route, default: Histogram()].add(seconds)
      if let failure { state.failures[failure.rawValue, default: 0] += 1 }
    }
  }

  /// Where the time of a request's texts went, on average.
  func record(_ times: CallMonitor.Times) {
    state.withLock { state in
      state.tokenization.add(times.tokenization / .seconds(1))
      state.queue.add(times.queue / .seconds(1))
      state.inference.add(times.inference / .seconds(1))
      state.batch.add(Double(times.largestBatch))
    }
  }

  func record(texts: Int, tokens: Int) {
    state.withLock { state in
      state.texts += texts
      state.tokens += tokens
    }
  }

  /// In the text format of Prometheus, version 0.0.4.
  func text(load: Admission.Load) -> String {
    let state = state.withLock { $0 }
    var lines: [String] = []
    func family(_ name: String, _ type: String, _ help: String) {
      lines.append("# HELP \(name) \(help)")
      lines.append("# TYPE \(name) \(type)")
    }
    family("c4b_requests_total", "counter", "Requests that were answered, by route and status.")
    for (series, count) in state.requests.sorted(by: {
      ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status)
    }) {
      lines.append(
        "c4b_requests_total{route=\"\(series.route)\",status=\"\(series.status)\"} \(count)")
    }
    family("c4b_failures_total", "counter", "Requests that were refused or failed, by kind.")
    for (kind, count) in state.failures.sorted(by: { $0.key < $1.key }) {
      lines.append("c4b_failures_total{kind=\"\(kind)\"} \(count)")
    }
    family("c4b_texts_total", "counter", "Texts that were answered.")
    lines.append("c4b_texts_total \(state.texts)")
    family("c4b_tokens_total", "counter", "Tokens that the model saw.")
    lines.append("c4b_tokens_total \(state.tokens)")
    family("c4b_requests_active", "gauge", "Requests under way.")
    lines.append("c4b_requests_active \(load.requests)")
    family("c4b_queue_texts", "gauge", "Texts under way.")
    lines.append("c4b_queue_texts \(load.texts)")
    family("c4b_queue_tokens", "gauge", "Tokens under way, by estimate.")
    lines.append("c4b_queue_tokens \(load.tokens)")
    family("c4b_request_duration_seconds", "histogram", "From a request's body to its answer.")
    for (route, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
      lines += histogram.lines("c4b_request_duration_seconds", label: "route=\"\(route)\",")
    }
    for (name, histogram, help) in [
      (
        "c4b_tokenization_duration_seconds", state.tokenization,
        "Until a text's tokens are known, on average over a request's texts."
      ),
      ("c4b_queue_duration_seconds", state.queue, "Waiting for a core and for a batch, likewise."),
      ("c4b_inference_duration_seconds", state.inference, "In the model, likewise."),
      ("c4b_batch_texts", state.batch, "Texts in the largest batch that a request was in."),
    ] {
      family(name, "histogram", help)
      lines += histogram.lines(name)
    }
    if let bytes = Self.residentBytes {
      family("process_resident_memory_bytes", "gauge", "Memory of the process.")
      lines.append("process_resident_memory_bytes \(bytes)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static var residentBytes: Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
