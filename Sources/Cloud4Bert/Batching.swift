import Synchronization
import Tensors

/// How many texts are cut into batches, and how the cores share these: each core a batch of its own, or
/// all of them one batch.
package struct Batching: Sendable {
  /// Batches side by side.
  package let threads: Int
  /// Tokens in a batch.
  package let batchTokens: Int
  /// Tokens in the longest input.
  let maxLength: Int
  private let team: SharedTeam

  init(_ options: TextClassifier.Options, maxLength: Int) {
    self.init(threads: options.threads, batchTokens: options.batchTokens, maxLength: maxLength)
  }

  /// - Parameter threads: Nil for one a core.
  init(threads: Int?, batchTokens: Int, maxLength: Int) {
    self.threads = threads ?? ThreadBudget.current.threads
    self.batchTokens = batchTokens
    self.maxLength = maxLength
    team = SharedTeam(size: self.threads)
  }

  /// About how many tokens an input makes, for cutting a stream into batches before it is tokenised.
  package func estimatedTokens(_ input: TextInput) -> Int {
    let bytes = input.text.utf8.count + (input.pair?.utf8.count ?? 0)
    return min(bytes / 4 + 2, maxLength)
  }

  /// What `work` makes of a single batch, with all threads, or nil where another call has them.
  func together<Output>(_ work: (Team?) throws -> Output) rethrows -> Output {
    try team.borrow(work)
  }

  /// What `work` makes of batch after batch, in the order of the inputs. Where there is only one, all
  /// threads work on it.
  ///
  /// Between batches and before a single one, whoever waits for a thread has a turn: a time-out, or
  /// another request.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; batches that run finish first.
  func run<Output: Sendable>(
    _ inputs: [TextInput],
    _ work: @escaping @Sendable (ArraySlice<TextInput>, Team?) throws -> [Output]
  ) async throws -> [Output] {
    try Task.checkCancellation()
    let chunks = chunks(of: inputs)
    guard chunks.count > 1 else {
      // Small calls one after another would else never leave their thread to anybody.
      await Task.yield()
      try Task.checkCancellation()
      return inputs.isEmpty ? [] : try together { try work(inputs[...], $0) }
    }
    let next = Counter()
    var outputs = [[Output]](repeating: [], count: chunks.count)
    try await withThrowingTaskGroup(of: [(Int, [Output])].self) { group in
      for _ in 0..<min(threads, chunks.count) {
        group.addTask {
          var part: [(Int, [Output])] = []
          while true {
            try Task.checkCancellation()
            let index = next.take()
            guard index < chunks.count else { return part }
            part.append((index, try work(inputs[chunks[index]], nil)))
            await Task.yield()
          }
        }
      }
      for try await part in group {
        for (index, chunk) in part { outputs[index] = chunk }
      }
    }
    return Array(outputs.joined())
  }

  private func chunks(of inputs: [TextInput]) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = 0
    var tokens = 0
    for (index, input) in inputs.enumerated() {
      tokens += estimatedTokens(input)
      if tokens >= batchTokens {
        chunks.append(start..<index + 1)
        start = index + 1
        tokens = 0
      }
    }
    if start < inputs.count { chunks.append(start..<inputs.count) }
    return chunks
  }
}

/// Numbers from 0, each handed out once.
private final class Counter: Sendable {
  private let next = Atomic(0)

  func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}
