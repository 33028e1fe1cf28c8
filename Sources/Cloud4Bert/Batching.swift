import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How many texts are cut into batches, and how many of these run side by side.
package struct Batching: Sendable {
  /// Batches side by side.
  package let threads: Int
  /// Tokens in a batch.
  package let batchTokens: Int
  /// Tokens in the longest input.
  let maxLength: Int

  init(_ options: TextClassifier.Options, maxLength: Int) {
    threads = max(1, options.threads ?? ProcessInfo.processInfo.activeProcessorCount)
    batchTokens = options.batchTokens
    self.maxLength = maxLength
  }

  /// About how many tokens an input makes, for cutting a stream into batches before it is tokenised.
  package func estimatedTokens(_ input: TextInput) -> Int {
    let bytes = input.text.utf8.count + (input.pair?.utf8.count ?? 0)
    return min(bytes / 4 + 2, maxLength)
  }

  /// What `work` makes of batch after batch, in the order of the inputs.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; batches that run finish first.
  func run<Output: Sendable>(
    _ inputs: [TextInput], _ work: @escaping @Sendable (ArraySlice<TextInput>) throws -> [Output]
  ) async throws -> [Output] {
    let chunks = chunks(of: inputs)
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
            part.append((index, try work(inputs[chunks[index]])))
          }
        }
      }
      for try await part in group {
        for (index, chunk) in part { outputs[index] = chunk }
      }
    }
    return Array(outputs.joined())
  }

  /// Whether there is nothing to run side by side.
  func isOneBatch(_ inputs: [TextInput]) -> Bool {
    inputs.count == 1 || chunks(of: inputs).count == 1
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
