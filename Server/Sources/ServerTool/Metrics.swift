import Foundation
import Synchronization

/// What Prometheus reads at `/metrics`.
final class Metrics: Sendable {
  private struct Series: Hashable {
    let route: String
    let status: Int
  }

  private struct Histogram {
    static let bounds = [
      0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
    ]
    var counts = [Int](repeating: 0, count: bounds.count + 1)
    var sum = 0.0

    mutating func add(_ value: Double) {
      counts[Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count] += 1
      sum += value
    }
  }

  private struct State {
    var requests: [Series: Int] = [:]
    var durations: [String: Histogram] = [:]
    var failures: [String: Int] = [:]
    var texts = 0
    var tokens = 0
  }

  private let state = Mutex(State())

  func record(route: String, status: Int, failure: APIError.Kind?, seconds: Double) {
    state.withLock { state in
      state.requests[Series(route: route, status: status), default: 0] += 1
      state.durations[route, default: Histogram()].add(seconds)
      if let failure { state.failures[failure.rawValue, default: 0] += 1 }
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
      var total = 0
      for (bound, count) in zip(Histogram.bounds.map { "\($0)" } + ["+Inf"], histogram.counts) {
        total += count
        lines.append(
          "c4b_request_duration_seconds_bucket{route=\"\(route)\",le=\"\(bound)\"} \(total)")
      }
      lines.append("c4b_request_duration_seconds_sum{route=\"\(route)\"} \(histogram.sum)")
      lines.append("c4b_request_duration_seconds_count{route=\"\(route)\"} \(total)")
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
