import Records

/// Reads records, works on batches of them side by side, and hands the results on in the order of
/// the input. It holds a fixed number of batches at a time, so a stream of any length runs in
/// constant memory.
struct OrderedPipeline<Output: Sendable> {
  let reader: RecordReader
  /// Batches under way at a time.
  let width: Int
  /// The size of a batch, in whatever ``cost`` counts.
  let batchCost: Int
  let cost: (Record) -> Int
  let interruption: Interruption
  /// Works on a batch; as many outputs as records.
  let work: @Sendable ([Record]) throws -> [Output]
  /// Takes a finished row, in order.
  let write: (Record, Output) throws -> Void
  /// Called where a reader of the output should see what there is.
  let flush: () throws -> Void

  private struct Batch: Sendable {
    let number: Int
    let records: [Record]
    let outputs: [Output]
  }

  /// Runs until the input ends, Ctrl-C comes, or something fails. What was read before a faulty row
  /// is written before its error is thrown.
  func run() async throws {
    try await withThrowingTaskGroup(of: Batch.self) { group in
      var started = 0
      var written = 0
      var waiting: [Int: Batch] = [:]
      var readError: (any Error)?

      /// Waits for one batch and writes those whose turn has come.
      func settleOne() async throws {
        guard let batch = try await group.next() else { return }
        waiting[batch.number] = batch
        while let next = waiting.removeValue(forKey: written) {
          for (record, output) in zip(next.records, next.outputs) { try write(record, output) }
          written += 1
        }
      }

      while readError == nil, interruption.exitCode == nil {
        if !reader.isInputReady {
          // A person or a slow program is at the other end: show all there is before waiting.
          while written < started { try await settleOne() }
          try flush()
          interruption.whileIdle { reader.waitForInput() }
        }
        let (records, error) = nextBatch()
        readError = error
        if records.isEmpty { break }
        while started - written >= width { try await settleOne() }
        let number = started
        group.addTask { [work] in
          Batch(number: number, records: records, outputs: try work(records))
        }
        started += 1
      }
      while written < started { try await settleOne() }
      if let readError { throw readError }
    }
  }

  private func nextBatch() -> ([Record], (any Error)?) {
    var records: [Record] = []
    var total = 0
    do {
      repeat {
        guard let record = try reader.next() else { break }
        records.append(record)
        total += cost(record)
      } while total < batchCost && reader.isInputReady
      return (records, nil)
    } catch {
      return (records, error)
    }
  }
}
