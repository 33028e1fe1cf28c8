import Synchronization
import Tensors
import Tokenization
import Transformers

@testable import Inference

/// A use of no model: an input is some sequences of some tokens, its answer its number and what was
/// seen of its sequences. The batches are written down, and may be held up.
struct CountingTask: ModelTask {
  struct Input: Sendable {
    var id: Int
    /// Tokens of each sequence.
    var lengths = [10]
    var fault = Fault.none
  }

  enum Fault: Error { case none, tokenizing, running, output, answering }

  struct Answer: Sendable, Equatable {
    let id: Int
    let lengths: [Int]
  }

  struct Batch: Sendable {
    let ids: [Int]
    let tokenCount: Int
    let hasTeam: Bool
  }

  let log = Log()

  /// What happens, for the test to see and to hold up.
  final class Log: Sendable {
    let batches = Mutex<[Batch]>([])
    /// Batches that may run; nil: all.
    let permits = Monitor<Int?>(nil)

    func hold() { permits.withLock { $0 = 0 } }

    func allow(_ count: Int) {
      permits.withLock { $0 = ($0 ?? 0) + count }
      permits.broadcast()
    }

    func allowAll() {
      permits.withLock { $0 = nil }
      permits.broadcast()
    }

    func run(_ batch: Batch) {
      batches.withLock { $0.append(batch) }
      permits.wait { permits -> Void? in
        guard let count = permits else { return () }
        guard count > 0 else { return nil }
        permits = count - 1
        return ()
      }
    }
  }

  func estimatedTokens(_ input: Input) -> Int { input.lengths.reduce(0, +) }

  func tokenize(
    _ input: Input, in tokens: inout TokenBuffer,
    append: ([Int32], [UInt8], Int) throws -> Void
  ) throws {
    for (index, length) in input.lengths.enumerated() {
      // The first token names the input, for what the batches are said to hold.
      let ids = [Int32(input.id)] + [Int32](repeating: Int32(input.fault.code), count: length - 1)
      try append(ids, [UInt8](repeating: 0, count: length), index)
      if input.fault == .tokenizing { throw Fault.tokenizing }
    }
  }

  func outputs(
    of batch: PackedBatch, _ sequences: [Int], workspace: Workspace
  ) throws -> [Result<[Int32], any Error>] {
    let rows = (0..<batch.sequenceCount).map { Array(batch.tokenIDs[batch.tokens(of: $0)]) }
    log.run(
      Batch(
        ids: rows.map { Int($0[0]) }, tokenCount: batch.tokenCount, hasTeam: workspace.team != nil))
    if rows.contains(where: { $0.last == Int32(Fault.running.code) }) { throw Fault.running }
    return rows.map {
      $0.last == Int32(Fault.output.code) ? .failure(Fault.output) : .success($0)
    }
  }

  func answer(_ outputs: [(sequence: Int, output: [Int32])]) throws -> Answer {
    guard outputs[0].output.last != Int32(Fault.answering.code) else { throw Fault.answering }
    precondition(outputs.map(\.sequence) == Array(outputs.indices), "the input's own order")
    return Answer(id: Int(outputs[0].output[0]), lengths: outputs.map(\.output.count))
  }
}

extension CountingTask.Fault {
  var code: Int {
    switch self {
    case .none: 0
    case .tokenizing: 1_000_001
    case .running: 1_000_002
    case .output: 1_000_003
    case .answering: 1_000_004
    }
  }
}

/// Waits, without holding up other tasks, until something is so: a minute at the most.
func eventually(_ isSo: () -> Bool) async -> Bool {
  for _ in 0..<60_000 {
    if isSo() { return true }
    try? await Task.sleep(for: .milliseconds(1))
  }
  return false
}
