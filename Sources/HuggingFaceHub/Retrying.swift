/// Runs `body` again after failures that may pass, each time after a longer wait, or after the one
/// that the server asks for; one that asks for too long a wait has the last word.
///
/// - Parameters:
///   - isWorthIt: Which failures those are.
///   - madeProgress: Whether a failed attempt got so far that it does not count.
func retrying<Result: Sendable>(
  _ settings: HubSettings, after isWorthIt: (HubError) -> Bool = \.isTransient,
  unless madeProgress: () -> Bool = { false },
  _ body: () async throws -> Result
) async throws -> Result {
  var failures = 0
  while true {
    do {
      return try await body()
    } catch let error as HubError where isWorthIt(error) {
      if madeProgress() { failures = 0 }
      failures += 1
      guard failures < settings.attempts else { throw error }
      if let requested = error.requestedWait {
        guard requested <= settings.longestWait else { throw error }
        if requested > .zero { settings.onWait(error, requested) }
        try await Task.sleep(for: requested)
      } else {
        try await Task.sleep(for: wait(failures: failures, settings))
      }
    }
  }
}

private func wait(failures: Int, _ settings: HubSettings) -> Duration {
  // Not all at the same moment: those who failed together would come back together.
  let factor = Double(1 << min(failures - 1, 5)) * Double.random(in: 0.75...1.25)
  return .seconds(settings.retryDelay / .seconds(1) * factor)
}

extension HubError {
  /// What the server wants to be left alone for.
  fileprivate var requestedWait: Duration? {
    guard case .tooManyRequests(_, let seconds?, _) = self else { return nil }
    return .seconds(max(0, seconds))
  }
}
