import ArgumentParser
import Cloud4Bert
import Records

/// A file of texts through a model, from open reader to closed output: batches side by side, progress,
/// Ctrl-C, and the words for what went wrong.
struct RecordJob {
  let reader: RecordReader
  /// Where the rows go; nil for a job that ends in a summary of them all, and has none without it.
  let sink: (any RowOutput)?
  let batching: Batching

  func run<Output: Sendable>(
    _ work: @escaping @Sendable ([TextInput]) throws -> [Output],
    write: @escaping (Record, Output) throws -> Void
  ) async throws {
    try await run(records: { try work($0.map { TextInput($0) }) }, write: write)
  }

  /// As above, for work that needs more of a row than its text.
  func run<Output: Sendable>(
    records work: @escaping @Sendable ([Record]) throws -> [Output],
    write: @escaping (Record, Output) throws -> Void
  ) async throws {
    let interruption = Interruption()
    let progress = Progress(ProgressLine(total: reader.totalBytes))
    let pipeline = OrderedPipeline(
      reader: reader,
      workers: batching.threads,
      batchCost: batching.batchTokens,
      cost: { [batching] in batching.estimatedTokens(TextInput($0)) },
      interruption: interruption,
      work: work,
      write: { record, output in
        try write(record, output)
        progress.rows += 1
      },
      finishBatch: { bytesConsumed in
        progress.line.update(rows: progress.rows, bytes: bytesConsumed)
        try sink?.flush()
      })
    do {
      try await pipeline.run()
      try sink?.close()
    } catch {
      progress.line.clear()
      guard let sink else { throw error }
      // What was finished before the fault stays; a second fault here would only repeat the first.
      try? sink.close()
      throw JobError(cause: error, rowsWritten: sink.rowsWritten, output: sink.name)
    }
    progress.line.finish(rows: progress.rows)
    tellOfRepairs()
    if let code = interruption.exitCode {
      StandardError.fault(
        sink.map { "stopped; \($0.name) holds the first \(progress.rows) rows, whole" }
          ?? "stopped after \(progress.rows) rows, with no result")
      throw ExitCode(code)
    }
  }

  /// Shared by the closures of one job, which run one after another.
  private final class Progress {
    var line: ProgressLine
    var rows = 0

    init(_ line: ProgressLine) { self.line = line }
  }

  private func tellOfRepairs() {
    let count = reader.rowsWithInvalidUTF8
    guard count > 0 else { return }
    let rows = reader.firstRowsWithInvalidUTF8.map(String.init).joined(separator: ", ")
    let more = count > reader.firstRowsWithInvalidUTF8.count ? ", …" : ""
    StandardError.line(
      "\(reader.name): \(count) row\(count == 1 ? "" : "s") with bytes that are not UTF-8, "
        + "read as U+FFFD (row \(rows)\(more))")
  }
}

/// Where the rows of a job go.
protocol RowOutput {
  /// The path, or "standard output": for messages.
  var name: String { get }
  /// How many rows the system has taken in full.
  var rowsWritten: Int { get }
  /// Hands all whole rows to the system: a batch is done.
  func flush() throws
  /// Hands over what is left, and makes whole what was written, also after a fault.
  func close() throws
}

extension ByteSink: RowOutput {}

/// Why a job ended early, and what it leaves behind.
struct JobError: Error, CustomStringConvertible {
  let cause: any Error
  let rowsWritten: Int
  let output: String

  var description: String {
    "\(cause); \(output) holds \(rowsWritten) row\(rowsWritten == 1 ? "" : "s")"
  }
}

extension TextInput {
  init(_ record: Record) {
    self.init(record.text, pair: record.pair)
  }
}
