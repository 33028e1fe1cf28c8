import Tensors

/// The inputs of all callers that wait for a worker.
///
/// Callers have turns: each gives one input after the other, so that one with a single text waits for
/// a batch or two, however much another has brought before.
final class WorkQueue<Use: ModelTask>: Sendable {
  /// An input in a worker's hands.
  struct Claim {
    let job: Job<Use>
    let number: Int
    let input: Use.Input
  }

  private struct State {
    /// Jobs in the order of their turns, nil before `head`. One may have nothing left.
    var ring: [Job<Use>?] = []
    var head = 0
    var waitingInputs = 0
    var waitingTokens = 0
    /// Workers that wait for something to do.
    var idle = 0
    /// Workers that have something to do, and callers that work themselves.
    var busy = 0
    var started = 0
    var isClosed = false

    /// Removes the job whose turn it is.
    mutating func removeFirst() {
      ring[head] = nil
      head += 1
      guard head == ring.count || head > max(32, ring.count / 2) else { return }
      ring.removeFirst(head)
      head = 0
    }
  }

  private let state = Monitor(State())
  private let use: Use
  private let workers: Int
  private let limits: EngineLimits
  /// Starts a worker; gives the system's error number where there is no thread for it.
  private let start: @Sendable (WorkQueue) -> Int32?

  init(
    _ use: Use, workers: Int, limits: EngineLimits,
    start: @escaping @Sendable (WorkQueue) -> Int32?
  ) {
    self.use = use
    self.workers = workers
    self.limits = limits
    self.start = start
  }

  /// Adds a job with its inputs, or more inputs to one that was pushed before.
  ///
  /// - Throws: ``EngineError/overloaded(waitingInputs:waitingTokens:limits:)`` where that would be more
  ///   than may wait, and nothing of it is taken; ``EngineError/noThreads(code:)``.
  func push(
    _ job: Job<Use>, more inputs: [Use.Input]? = nil, isLimited: Bool = true
  ) throws(EngineError) {
    let new = inputs.map { $0[...] } ?? job.waiting
    let tokens = new.reduce(0) { $0 + use.estimatedTokens($1) }
    try state.withLock { (state) throws(EngineError) in
      guard !job.isCancelled else { return }
      if isLimited,
        !limits.allow(
          inputs: state.waitingInputs + new.count, tokens: state.waitingTokens + tokens)
      {
        throw .overloaded(
          waitingInputs: state.waitingInputs, waitingTokens: state.waitingTokens, limits: limits)
      }
      if state.started == 0, let code = startWorker(&state) { throw .noThreads(code: code) }
      if let inputs { job.append(inputs) }
      job.isCounted = true
      state.waitingInputs += new.count
      state.waitingTokens += tokens
      if !job.isQueued, job.first != nil {
        job.isQueued = true
        state.ring.append(job)
      }
      callHelp(&state)
    }
  }

  /// Takes back what of a job still waits: inputs of these numbers.
  @discardableResult
  func dropRest(of job: Job<Use>) -> Range<Int> {
    state.withLock { state in
      // A caller may change its mind before its job has come here.
      if job.isCounted {
        let dropped = job.waiting
        state.waitingInputs -= dropped.count
        state.waitingTokens -= dropped.reduce(0) { $0 + use.estimatedTokens($1) }
      }
      return job.removeAll()
    }
  }

  /// Waits for inputs of about as many tokens as there is room for, at least one input. Nil: the engine
  /// is gone.
  ///
  /// - Parameter isFirst: Whether the worker had nothing to do before, as it has just begun.
  func claim(upTo tokens: Int, isFirst: Bool) -> [Claim]? {
    var wasBusy = !isFirst
    var isIdle = false
    return state.wait { state -> [Claim]?? in
      if wasBusy { state.busy -= 1 }
      wasBusy = false
      if isIdle { state.idle -= 1 }
      isIdle = false
      let claims = take(&state, upTo: tokens, atLeastOne: true)
      if !claims.isEmpty {
        state.busy += 1
        callHelp(&state)
        return .some(claims)
      }
      if state.isClosed { return .some(nil) }
      state.idle += 1
      isIdle = true
      return nil
    }
  }

  /// More inputs for a batch that has room for some tokens; none where the next one does not fit.
  func claimMore(upTo tokens: Int) -> [Claim] {
    state.withLock { take(&$0, upTo: tokens, atLeastOne: false) }
  }

  /// Whether nobody else works or waits, so that one batch may have all cores.
  var isQuiet: Bool {
    state.withLock { $0.busy <= 1 && $0.waitingInputs == 0 }
  }

  /// A caller does work of its own, beside the workers, until ``leave()``.
  func enter() { state.withLock { $0.busy += 1 } }

  func leave() { state.withLock { $0.busy -= 1 } }

  var waiting: (inputs: Int, tokens: Int) {
    state.withLock { ($0.waitingInputs, $0.waitingTokens) }
  }

  /// Ends the workers once nothing waits.
  func close() {
    state.withLock { $0.isClosed = true }
    state.broadcast()
  }

  private func take(_ state: inout State, upTo tokens: Int, atLeastOne: Bool) -> [Claim] {
    var claims: [Claim] = []
    var room = tokens
    while state.head < state.ring.count, let job = state.ring[state.head] {
      guard let input = job.first else {
        state.removeFirst()
        job.isQueued = false
        continue
      }
      let cost = use.estimatedTokens(input)
      guard cost <= room || (atLeastOne && claims.isEmpty) else { break }
      let (number, _) = job.popFirst()
      state.waitingInputs -= 1
      state.waitingTokens -= cost
      room -= cost
      if !job.isCancelled { claims.append(Claim(job: job, number: number, input: input)) }
      // Alone in the ring its turn comes again at once.
      guard state.ring.count - state.head > 1 || job.first == nil else { continue }
      state.removeFirst()
      if job.first == nil { job.isQueued = false } else { state.ring.append(job) }
    }
    return claims
  }

  /// Wakes or starts one more worker where something waits. Each that comes calls the next, so that no
  /// call is lost where several inputs come at once.
  private func callHelp(_ state: inout State) {
    guard state.waitingInputs > 0 else { return }
    if state.idle > 0 {
      self.state.signal()
    } else if state.started < workers {
      // Without a thread those there are go on alone.
      _ = startWorker(&state)
    }
  }

  private func startWorker(_ state: inout State) -> Int32? {
    if let code = start(self) { return code }
    state.started += 1
    return nil
  }
}
