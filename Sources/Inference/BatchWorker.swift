import Tensors
import Tokenization
import Transformers

/// One thread's memory for batches, and the one loop that fills and runs them.
///
/// A batch is filled by tokens: an input is tokenised, the batch is run where there is no room for it,
/// and while there is room the queue is asked for more. Used again by the next batch, so that a warm
/// worker allocates almost nothing.
final class BatchWorker<Use: ModelTask> {
  private let use: Use
  private let batchTokens: Int
  private let workspace = Workspace()
  private var tokens = TokenBuffer()
  private var batch = PackedBatch()
  /// Of the batch.
  private var sequences: [Use.SequenceInfo] = []
  /// For each of them the input that it belongs to, counted from the worker's first.
  private var owners: [Int] = []
  /// Inputs whose answers are not complete, in order: those of the batch, and the one being tokenised.
  private var open: [OpenInput] = []
  /// How many came before those.
  private var closedCount = 0

  private let queue: WorkQueue<Use>
  /// All cores, for a batch that is the only one.
  private let team: SharedTeam
  private let times: SharedTimes?

  private struct OpenInput {
    let job: Job<Use>
    let number: Int
    var outputs: [(sequence: Use.SequenceInfo, output: Use.Output)] = []
    var failure: (any Error)?
    // Where its caller wants to know.
    var tokenization = Duration.zero
    var inference = Duration.zero
    var batch = 0
    /// Whether all its sequences are in the batch or have been run.
    var isTokenized = false
  }

  init(
    _ use: Use, batchTokens: Int, queue: WorkQueue<Use>, team: SharedTeam, times: SharedTimes?
  ) {
    self.use = use
    self.batchTokens = batchTokens
    self.queue = queue
    self.team = team
    self.times = times
  }

  /// Works for the queue until it is closed.
  func run() {
    var isFirst = true
    while let claims = queue.claim(upTo: batchTokens, isFirst: isFirst) {
      isFirst = false
      timed {
        var claims = claims
        while !claims.isEmpty {
          for claim in claims { add(claim) }
          // An empty batch is not filled up: then it is time to see what else there is to do.
          claims = sequences.isEmpty ? [] : queue.claimMore(upTo: batchTokens - batch.tokenCount)
        }
        runBatch()
      }
    }
  }

  /// Works on claims on the caller's own thread.
  func run(_ claims: [WorkQueue<Use>.Claim]) {
    queue.enter()
    defer { queue.leave() }
    timed {
      for claim in claims { add(claim) }
      runBatch()
    }
  }

  private func timed(_ body: () -> Void) {
    if times != nil { workspace.clock = StageClock() }
    body()
    workspace.clock = nil
  }

  /// Adds an input to the batch; runs first what leaves no room for it, also between its sequences.
  private func add(_ claim: WorkQueue<Use>.Claim) {
    guard !claim.job.isCancelled else { return }
    let owner = closedCount + open.count
    open.append(OpenInput(job: claim.job, number: claim.number))
    var failure: (any Error)?
    let start = claim.job.record.map { _ in ContinuousClock.now }
    var elsewhere = Duration.zero
    do {
      try use.tokenize(claim.input, in: &tokens) { ids, tokenTypeIDs, sequence in
        workspace.lap(.tokenization)
        if batch.tokenCount > 0, batch.tokenCount + ids.count > batchTokens {
          let pause = start.map { _ in ContinuousClock.now }
          runBatch()
          if let pause { elsewhere += pause.duration(to: .now) }
          // A text in windows may be as long as a book.
          if claim.job.isCancelled { throw CancellationError() }
        }
        batch.append(ids, tokenTypeIDs: tokenTypeIDs)
        sequences.append(sequence)
        owners.append(owner)
      }
    } catch {
      failure = error
    }
    // Whatever has been run in between, the input stands last.
    open[open.count - 1].isTokenized = true
    if let start { open[open.count - 1].tokenization = start.duration(to: .now) - elsewhere }
    if let failure { open[open.count - 1].failure = failure }
    if sequences.isEmpty { close() }
  }

  /// Runs the batch, if there is one, and delivers the answers that are complete.
  private func runBatch() {
    guard !sequences.isEmpty else { return }
    let isWatched = open.contains { $0.job.record != nil }
    let start = isWatched ? ContinuousClock.now : nil
    let outputs =
      queue.isQuiet
      ? team.borrow { runModel(team: $0) }
      : runModel(team: nil)
    if let start { addInference(start.duration(to: .now)) }
    for (index, output) in outputs.enumerated() {
      let input = owners[index] - closedCount
      do {
        open[input].outputs.append((sequences[index], try output.get()))
      } catch {
        open[input].failure = open[input].failure ?? error
      }
    }
    batch.removeAll()
    sequences.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    close()
  }

  /// Takes note of how long the inputs of the batch were in the model.
  private func addInference(_ duration: Duration) {
    var last = -1
    for owner in owners where owner != last {
      last = owner
      open[owner - closedCount].inference += duration
      open[owner - closedCount].batch = max(open[owner - closedCount].batch, owners.count)
    }
  }

  private func runModel(team: Team?) -> [Result<Use.Output, any Error>] {
    workspace.team = team
    defer { workspace.team = nil }
    do {
      return try use.outputs(of: batch, sequences, workspace: workspace)
    } catch {
      guard sequences.count > 1 else { return [.failure(error)] }
      // What is wrong with one sequence is no fault of the others.
      return sequences.indices.map { index in
        var single = PackedBatch()
        let range = batch.tokens(of: index)
        single.append(batch.tokenIDs[range], tokenTypeIDs: batch.tokenTypeIDs[range])
        do {
          return try use.outputs(of: single, [sequences[index]], workspace: workspace)[0]
        } catch {
          return .failure(error)
        }
      }
    }
  }

  /// Delivers and forgets the inputs of which all sequences have been run: all but the last, if that is
  /// still being tokenised.
  private func close() {
    let count = open.last.map { $0.isTokenized ? open.count : open.count - 1 } ?? 0
    let wanted = open.prefix(count).filter { !$0.job.isCancelled }
    let answers = wanted.map { input in
      (
        number: input.number,
        result: Result<Use.Answer, any Error> {
          if let failure = input.failure { throw failure }
          return try use.answer(input.outputs)
        }
      )
    }
    for input in wanted {
      guard let record = input.job.record, let start = input.job.start else { continue }
      record.add(
        tokenization: input.tokenization, inference: input.inference,
        total: start.duration(to: .now), batch: input.batch)
    }
    open.removeFirst(count)
    closedCount += count
    workspace.lap(.answers)
    // Before the caller can ask for them.
    if let times, let clock = workspace.clock {
      times.add(clock.times)
      workspace.clock = StageClock()
    }
    // Those of a caller that stand together come together.
    var start = 0
    while start < wanted.count {
      let job = wanted[start].job
      let end = wanted[start...].firstIndex { $0.job !== job } ?? wanted.count
      job.deliver(Array(answers[start..<end]))
      start = end
    }
  }
}
