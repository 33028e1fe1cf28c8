import Checkpoints
import Synchronization
import Tensors
import Tokenization
import Transformers

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// From texts to packed batches, on one thread or many: what a model does with a batch is the caller's.
package struct TextBatching: Sendable {
  /// The longest input, in tokens with special ones; longer texts lose their end.
  package let maxLength: Int
  /// Tokens in a batch.
  package let batchTokens: Int
  /// How many batches run at once.
  package let threads: Int

  let tokenizer: BertTokenizer
  private let workers = WorkerPool()

  /// Opens the tokenizer of a model folder.
  ///
  /// - Parameters:
  ///   - maxLength: Nil for the model's own limit.
  ///   - threads: Nil for one a core.
  /// - Throws: `TokenizerError`, ``ClassifierError/vocabularyMismatch(folder:tokenizer:model:)`` and
  ///   ``ClassifierError/maxLengthOutOfRange(requested:allowed:)``.
  init(
    folder: URL, configuration: ModelConfiguration, maxLength: Int?, threads: Int?, batchTokens: Int
  ) throws {
    tokenizer = try BertTokenizer(folder: folder)
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw ClassifierError.vocabularyMismatch(
        folder: folder.path, tokenizer: tokenizer.vocabularySize,
        model: configuration.vocabularySize)
    }
    self.batchTokens = batchTokens
    self.threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)

    let positions = configuration.maxPositionEmbeddings
    if let requested = maxLength {
      let allowed = min(tokenizer.numberOfSpecialTokens(pair: true) + 1, positions)...positions
      guard allowed.contains(requested) else {
        throw ClassifierError.maxLengthOutOfRange(requested: requested, allowed: allowed)
      }
      self.maxLength = requested
    } else {
      self.maxLength = min(tokenizer.modelMaxLength ?? positions, positions)
    }
  }

  /// About how many tokens an input makes, for cutting a stream into batches before it is tokenised.
  package func estimatedTokens(_ input: TextInput) -> Int {
    let bytes = input.text.utf8.count + (input.pair?.utf8.count ?? 0)
    return min(bytes / 4 + 2, maxLength)
  }

  /// Cuts inputs into batches of at most ``batchTokens`` tokens (or one longer text), and runs them on
  /// the calling thread. `run` gives an output for each sequence of its batch.
  func onThisThread<Output>(
    _ inputs: some Collection<TextInput>, run: (TokenizedBatch, Workspace) throws -> [Output]
  ) throws -> [Output] {
    let worker = workers.take()
    defer { workers.giveBack(worker) }
    return try worker.outputs(of: inputs, batching: self, run: run)
  }

  /// Runs batches side by side. Outputs come in the order of the inputs.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; batches that run finish first.
  func sideBySide<Output: Sendable>(
    _ inputs: [TextInput], run: @escaping @Sendable (TokenizedBatch, Workspace) throws -> [Output]
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
            part.append((index, try onThisThread(inputs[chunks[index]], run: run)))
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

/// Packed sequences, and which of their texts lost their end.
struct TokenizedBatch {
  var sequences = PackedBatch()
  var truncated: [Bool] = []

  mutating func removeAll() {
    sequences.removeAll()
    truncated.removeAll(keepingCapacity: true)
  }
}

/// Numbers from 0, each handed out once.
private final class Counter: Sendable {
  private let next = Atomic(0)

  func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}
