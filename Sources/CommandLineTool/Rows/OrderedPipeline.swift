import Records
import Synchronization

/// Reads records, works on batches of them side by side, and hands the results on in the order of
/// the input.
///
/// Each worker takes the next batch from the reader, works on it, and brings the result to the
/// writer; whoever brings the batch whose turn it is writes it, and those waiting behind it. A worker
/// that is too far ahead waits, so a stream of any length runs in constant memory.
final class OrderedPipeline<Output: Sendable>: Sendable {
  private struct Batch: Sendable {
    let number: Int
    let records: [Record]
    /// Of the input, up to the end of this batch.
    let bytesConsumed: Int
  }

  // The reader is touched only under the first of these two locks, and what the closures hold on to only
  // under the second one, for as long as `run` lasts.
  private struct Input: @unchecked Sendable {
    let reader: RecordReader
    var batchesRead = 0
    var isFinished = false
    /// What is wrong with the row after the last batch.
    var error: (any Error)?
  }

  private struct Order: @unchecked Sendable {
    let write: (Record, Output) throws -> Void
    let finishBatch: (Int) throws -> Void
    /// Finished batches whose turn has not come.
    var waiting: [Int: (batch: Batch, result: Result<[Output], any Error>)] = [:]
    var batchesWritten = 0
    var error: (any Error)?
  }

  private let input: Mutex<Input>
  private let order: Mutex<Order>
  private let workers: Int
  private let batchCost: Int
  private let cost: @Sendable (Record) -> Int
  private let work: @Sendable ([Record]) throws -> [Output]
  private let interruption: Interruption

  /// - Parameters:
  ///   - workers: How many batches are worked on at a time.
  ///   - batchCost: The size of a batch, in what `cost` counts.
  ///   - work: Gives as many outputs as records.
  ///   - write: Takes a finished row; called by one worker at a time, in the order of the input.
  ///   - finishBatch: Called when a batch is written, with the bytes of the input up to its end: a reader
  ///     of the output may be waiting for it. Like `write`, it must leave `reader` alone.
  init(
    reader: RecordReader, workers: Int, batchCost: Int,
    cost: @escaping @Sendable (Record) -> Int, interruption: Interruption,
    work: @escaping @Sendable ([Record]) throws -> [Output],
    write: @escaping (Record, Output) throws -> Void,
    finishBatch: @escaping (Int) throws -> Void
  ) {
    input = Mutex(Input(reader: reader))
    order = Mutex(Order(write: write, finishBatch: finishBatch))
    self.workers = workers
    self.batchCost = batchCost
    self.cost = cost
    self.work = work
    self.interruption = interruption
  }

  /// Runs until the input ends, Ctrl-C comes, or something fails. What was read before a faulty row
  /// is written before its error is thrown.
  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<workers { group.addTask { await self.runWorker() } }
    }
    if let error = order.withLock({ $0.error }) { throw error }
    if let error = input.withLock({ $0.error }) { throw error }
  }

  private func runWorker() async {
    while let batch = nextBatch() {
      settle(batch, Result { try work(batch.records) })
      // A batch that takes much longer than the others must not let them run away from it.
      while isFarAhead(of: batch.number) { try? await Task.sleep(for: .milliseconds(1)) }
    }
  }

  private func nextBatch() -> Batch? {
    input.withLock { input in
      guard !input.isFinished, interruption.exitCode == nil, !hasFailed else { return nil }
      if !input.reader.isInputReady { waitForInput(&input) }
      guard interruption.exitCode == nil else { return nil }
      var records: [Record] = []
      var total = 0
      do {
        repeat {
          guard let record = try input.reader.next() else {
            input.isFinished = true
            break
          }
          records.append(record)
          total += cost(record)
        } while total < batchCost && input.reader.isInputReady
      } catch {
        input.isFinished = true
        input.error = error
      }
      guard !records.isEmpty else { return nil }
      defer { input.batchesRead += 1 }
      return Batch(
        number: input.batchesRead, records: records, bytesConsumed: input.reader.bytesConsumed)
    }
  }

  /// A person or a slow program is at the other end. Only with nothing left to be written may Ctrl-C
  /// end the program in the middle of this.
  private func waitForInput(_ input: inout Input) {
    let read = input.batchesRead
    while order.withLock({ $0.batchesWritten < read && $0.error == nil }) {
      if input.reader.waitForInput(milliseconds: 5) { return }
    }
    let reader = input.reader
    interruption.whileIdle { _ = reader.waitForInput(milliseconds: nil) }
  }

  private func settle(_ batch: Batch, _ result: Result<[Output], any Error>) {
    order.withLock { order in
      order.waiting[batch.number] = (batch, result)
      do {
        while order.error == nil, let next = order.waiting.removeValue(forKey: order.batchesWritten)
        {
          for (record, output) in zip(next.batch.records, try next.result.get()) {
            try order.write(record, output)
          }
          try order.finishBatch(next.batch.bytesConsumed)
          order.batchesWritten += 1
        }
      } catch {
        order.error = error
      }
    }
  }

  private var hasFailed: Bool {
    order.withLock { $0.error != nil }
  }

  private func isFarAhead(of number: Int) -> Bool {
    order.withLock { $0.error == nil && number - $0.batchesWritten > 4 * workers }
  }
}
