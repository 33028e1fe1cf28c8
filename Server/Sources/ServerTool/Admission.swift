import Synchronization

/// How much may be under way; more is refused at once, as its client is better served by that than by a
/// long wait.
final class Admission: Sendable {
  struct Limits: Sendable {
    var requests = 512
    /// Of all requests, by estimate: a token for four bytes.
    var tokens = 1 << 20
    /// Texts in one request.
    var texts = 1024
  }

  struct Load: Sendable {
    var requests = 0
    var texts = 0
    var tokens = 0
  }

  let limits: Limits
  private let state = Mutex(Load())

  init(limits: Limits) { self.limits = limits }

  var load: Load { state.withLock { $0 } }

  /// Refuses more texts than a request may have.
  func check(texts: Int) throws {
    guard texts <= limits.texts else {
      throw APIError.unprocessable(
        "\(texts) texts in one request; send at most \(limits.texts)")
    }
  }

  /// Runs `body` unless too much is under way.
  func admit<Answer>(
    texts: Int, byteCount: Int, _ body: () async throws -> Answer
  ) async throws -> Answer {
    try check(texts: texts)
    let tokens = byteCount / 4 + 2 * texts
    let refusal = state.withLock { load -> APIError? in
      if load.requests >= limits.requests {
        return .overloaded("\(load.requests) requests are under way; try again later")
      }
      // A request that is larger than the limit has its turn when it is alone.
      if load.requests > 0, load.tokens + tokens > limits.tokens {
        return .overloaded("some \(load.tokens) tokens wait already; try again later")
      }
      load.requests += 1
      load.texts += texts
      load.tokens += tokens
      return nil
    }
    if let refusal { throw refusal }
    defer {
      state.withLock { load in
        load.requests -= 1
        load.texts -= texts
        load.tokens -= tokens
      }
    }
    return try await body()
  }
}
