/// How much may wait in an engine before more is refused; nil: any amount.
package struct EngineLimits: Sendable, Equatable {
  /// How many inputs of all callers may wait for a worker.
  package var inputs: Int?
  /// How many tokens may wait, by estimate.
  package var tokens: Int?

  package init(inputs: Int? = nil, tokens: Int? = nil) {
    self.inputs = inputs
    self.tokens = tokens
  }

  /// Any amount.
  package static let none = EngineLimits()

  func allow(inputs: Int, tokens: Int) -> Bool {
    inputs <= self.inputs ?? .max && tokens <= self.tokens ?? .max
  }
}

/// Why an engine does not take an input.
package enum EngineError: Error, Equatable, CustomStringConvertible {
  /// More would wait than may.
  case overloaded(waitingInputs: Int, waitingTokens: Int, limits: EngineLimits)
  /// The system gives no thread to work on, for the reason that its error number tells.
  case noThreads(code: Int32)

  package var description: String {
    switch self {
    case .overloaded(let inputs, let tokens, let limits):
      let allowed = [
        limits.inputs.map { "\($0) inputs" }, limits.tokens.map { "\($0) tokens" },
      ].compactMap { $0 }.joined(separator: " and ")
      return """
        overloaded: \(inputs) inputs of about \(tokens) tokens wait already, and at most \
        \(allowed) may; try again later
        """
    case .noThreads(let code):
      return """
        the system gives no thread to work on (error \(code)); raise the limit on threads \
        (ulimit -u, pids.max) or on memory (ulimit -v)
        """
    }
  }
}
