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
  ///
  /// Where `work` fails on a batch, the rows before the one that it fails on are written, and the error
  /// names that row.
  func run<Output: Sendable>(
    records work: @escaping @Sendable ([Record]) throws -> [Output],
    write: @escaping (Record, Output) throws -> Void
  ) async throws {
    // Again: the model may have taken what memory there was.
    try ThreadProbe.check()
    let interruption = Interruption()
    let progress = Progress(ProgressLine(total: reader.totalBytes))
    let file = reader.name
    let pipeline = OrderedPipeline<Result<Output, any Error>>(
      reader: reader,
      workers: batching.threads,
      batchCost: batching.batchTokens,
      cost: { [batching] in batching.estimatedTokens(TextInput($0)) },
      interruption: interruption,
      work: { Self.outcomes(of: $0, work) },
      write: { record, outcome in
        let output = try outcome.get(
          at: "\(RecordPlace(file: file, row: record.row, line: record.line))")
        try interruption.whileWriting { try write(record, output) }
        progress.rows += 1
      },
      finishBatch: { bytesConsumed in
        progress.line.update(rows: progress.rows, bytes: bytesConsumed)
        try interruption.whileWriting { try sink?.flush() }
      })
    defer { interruption.conclude() }
    do {
      try await pipeline.run()
      try interruption.whileWriting { try sink?.close() }
    } catch {
      progress.line.clear()
      guard let sink else { throw error }
      // What was finished before the fault stays; a second fault here would only repeat the first.
      try? sink.close()
      throw JobError(cause: error, output: sink.sink)
    }
    progress.line.finish(rows: progress.rows)
    tellOfRepairs()
    if let code = interruption.exitCode {
      StandardError.fault(
        sink.map { "stopped; \($0.sink.name) holds the first \(progress.rows) rows, whole" }
          ?? "stopped after \(progress.rows) rows, with no result")
      throw ExitCode(code)
    }
  }

  /// What `work` makes of each record. Of a batch that fails they are tried one by one, up to the one
  /// at fault.
  private static func outcomes<Output>(
    of records: [Record], _ work: ([Record]) throws -> [Output]
  ) -> [Result<Output, any Error>] {
    do {
      return try work(records).map { .success($0) }
    } catch {
      guard records.count > 1 else { return [.failure(error)] }
    }
    var outcomes: [Result<Output, any Error>] = []
    for record in records {
      let outcome = Result { try work([record])[0] }
      outcomes.append(outcome)
      if case .failure = outcome { break }
    }
    return outcomes
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
  /// What they are written to; of several files the first.
  var sink: ByteSink { get }
  /// Hands all whole rows to the system: a batch is done.
  func flush() throws
  /// Hands over what is left, and makes whole what was written, also after a fault.
  func close() throws
}

extension ByteSink: RowOutput {
  var sink: ByteSink { self }
}

/// Why a job ended early, and what it leaves behind.
struct JobError: Error, CustomStringConvertible {
  let cause: any Error
  private let remains: String

  init(cause: any Error, output: ByteSink) {
    self.cause = cause
    let rows = output.rowsWritten
    remains =
      output.isOldFileKept
      ? "\(output.name) is left as it was"
      : "\(output.name) holds \(rows) row\(rows == 1 ? "" : "s")"
  }

  var description: String { "\(cause); \(remains)" }
}

extension TextInput {
  init(_ record: Record) {
    self.init(record.text, pair: record.pair)
  }
}
