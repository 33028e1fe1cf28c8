package import Tensors

/// Runs a model for any number of callers: one queue that all push to, a worker a thread, batches
/// filled by tokens.
///
/// Callers have turns in the queue, input by input. A batch that is the only one there is gets all
/// cores; otherwise every core works on a batch of its own. Threads are the engine's own and are started
/// when they are first needed, so that no task of Swift's concurrency ever waits for a computation.
package final class Engine<Use: ModelTask>: Sendable {
  package let use: Use
  /// Batches side by side.
  package let threads: Int
  /// How many tokens a batch has, unless a single sequence has more.
  package let batchTokens: Int

  let queue: WorkQueue<Use>
  private let team: SharedTeam
  private let times: SharedTimes?
  /// Memory of callers that work on their own thread, at rest.
  private let idle = Monitor<[BatchWorker<Use>]>([])

  /// - Parameters:
  ///   - threads: At least 1; nil for as many as the process may use.
  ///   - batchTokens: At least 1.
  ///   - takesTimes: Whether ``takeTimes()`` has something to tell, at some cost.
  package init(
    _ use: Use, threads: Int?, batchTokens: Int, limits: EngineLimits = .none,
    takesTimes: Bool = false
  ) {
    let threads = threads ?? ThreadBudget.current.threads
    precondition(threads > 0 && batchTokens > 0, "an engine has threads, and room in a batch")
    self.use = use
    self.threads = threads
    self.batchTokens = batchTokens
    let team = SharedTeam(size: threads)
    let times = takesTimes ? SharedTimes() : nil
    self.team = team
    self.times = times
    queue = WorkQueue(use, workers: threads, limits: limits) { queue in
      DetachedThread.start {
        BatchWorker(use, batchTokens: batchTokens, queue: queue, team: team, times: times).run()
      }
    }
  }

  deinit {
    queue.close()
  }

  /// The answer to one input.
  ///
  /// - Throws: Why there is none; `CancellationError` as soon as the task is cancelled; ``EngineError``.
  package func answer(to input: Use.Input) async throws -> Use.Answer {
    try await answers(to: [input])[0]
  }

  /// The answers to some inputs, in their order.
  ///
  /// - Throws: Of inputs that have no answer, the error of the first, and then inputs behind it may not
  ///   have been looked at; `CancellationError` as soon as the task is cancelled; ``EngineError``.
  package func answers(to inputs: [Use.Input]) async throws -> [Use.Answer] {
    // Where some are missing, an error stands before them.
    try await gather(inputs, stopsAtFailure: true).map { try $0!.get() }
  }

  /// The answer to each input, or why it has none, in their order.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled; ``EngineError``.
  package func results(
    of inputs: [Use.Input]
  ) async throws -> [Result<Use.Answer, any Error>] {
    try await gather(inputs, stopsAtFailure: false).map { $0! }
  }

  private func gather(
    _ inputs: [Use.Input], stopsAtFailure: Bool
  ) async throws -> Gathering<Use.Answer>.Results {
    try Task.checkCancellation()
    guard !inputs.isEmpty else { return [] }
    let gathering = Gathering<Use.Answer>(count: inputs.count)
    let record = CallRecord.current
    let job = Job<Use>(inputs, record: record) { [queue] job, answers in
      gathering.add(answers)
      if stopsAtFailure, answers.contains(where: { $0.result.isFailure }) {
        gathering.give(up: queue.dropRest(of: job).count)
      }
    }
    let end = { @Sendable [queue] (error: any Error) in
      job.cancel()
      queue.dropRest(of: job)
      gathering.fail(error)
    }
    let key = record.map { record in record.whenExpired { end(record.fault) } }
    defer { if let key { record?.forget(key) } }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        gathering.resume(continuation)
        do { try queue.push(job) } catch { gathering.fail(error) }
      }
    } onCancel: {
      end(CancellationError())
    }
  }

  /// The answer to one input, worked out on the calling thread, and on all cores where nobody else has
  /// them: the shortest way from a question to its answer, for a thread that may be kept waiting.
  ///
  /// - Throws: Why there is none.
  package func blockingAnswer(to input: Use.Input) throws -> Use.Answer {
    let worker =
      idle.withLock { $0.popLast() }
      ?? BatchWorker(use, batchTokens: batchTokens, queue: queue, team: team, times: times)
    defer { idle.withLock { $0.append(worker) } }
    let gathering = Gathering<Use.Answer>(count: 1)
    let job = Job<Use> { _, answers in gathering.add(answers) }
    worker.run([WorkQueue.Claim(job: job, number: 0, input: input)])
    return try gathering.results[0]!.get()
  }

  /// A stream of inputs, whose answers come in order and in constant memory.
  package func stream<Context: Sendable>(of: Context.Type = Context.self) -> EngineStream<
    Use, Context
  > {
    EngineStream(self)
  }

  /// How many inputs no worker has taken yet, and their tokens by estimate.
  package var waiting: (inputs: Int, tokens: Int) { queue.waiting }

  /// Where the time of all threads went since this was asked last.
  package func takeTimes() -> StageTimes { times?.take() ?? StageTimes() }
}

extension Result {
  fileprivate var isFailure: Bool {
    if case .failure = self { true } else { false }
  }
}
