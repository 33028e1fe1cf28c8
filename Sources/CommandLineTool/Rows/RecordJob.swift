import ArgumentParser
import Cloud4Bert
import Inference
import Records
import Synchronization
import Tensors

/// A file of texts through a model, from open reader to closed output: a thread that reads, the engine's
/// workers, one place that writes in the order of the input; progress, Ctrl-C, and the words for what
/// went wrong.
struct RecordJob<Use: ModelTask> {
  let reader: RecordReader
  /// Where the rows go; nil for a job that ends in a summary of them all, and has none without it.
  let sink: (any RowOutput)?
  /// Mostly one; several models answer to the same rows.
  let engines: [Engine<Use>]
  /// Keeps what is needed to go on after a death; nil for an output that cannot be gone on with.
  var journal: JobJournal?
  /// Takes the rows that have no answer; nil for a job that ends with the first one.
  var badRows: BadRows?

  /// - Parameters:
  ///   - input: What is asked of a row.
  ///   - write: Takes a row and its answer, in the order of the input.
  ///   - writeBad: Takes a row that is kept without one, and why there is none.
  /// - Throws: The first fault in the order of the rows, whose place it names; the rows before it are
  ///   written.
  func run(
    _ input: @escaping @Sendable (Record) throws -> Use.Input,
    write: (Record, Use.Answer) throws -> Void,
    writeBad: (Record, String) throws -> Void
  ) async throws {
    try await run(
      asking: { ((), try input($0)) }, write: { try write($0, $2[0]) }, writeBad: writeBad)
  }

  /// As above, with the answers of all engines.
  ///
  /// - Parameter question: What is to be known of a row when its answers come, and what is asked; nil
  ///   for nothing, and then there are no answers.
  func run<Context: Sendable>(
    asking question: @escaping @Sendable (Record) throws -> (Context, Use.Input?),
    write: (Record, Context, [Use.Answer]) throws -> Void,
    writeBad: (Record, String) throws -> Void = { _, _ in }
  ) async throws {
    // Again: the model may have taken what memory there was.
    try ThreadProbe.check(more: engines.reduce(1) { $0 + $1.threads })
    let streams = engines.map { $0.stream(of: Row<Context>.self) }
    let interruption = Interruption { for stream in streams { stream.stop() } }
    defer { interruption.conclude() }
    let feeder = RecordFeeder(
      reader, into: streams, of: engines[0], goesOnBehindBadRows: badRows != nil,
      asking: question)
    var line = ProgressLine(
      total: reader.totalBytes, before: (reader.rowsRead, reader.bytesConsumed))
    var done = reader.position
    var rows = done.rows
    var repairs = Repairs()
    do {
      try feeder.start()
      var answered = AnsweredRows(streams)
      while let ready = await answered.next() {
        for (row, results) in ready {
          switch row.content {
          case .record(let record, let context):
            do {
              let answers = try results.map { try $0.get(at: "\(reader.place(of: record))") }
              try interruption.whileWriting { try write(record, context, answers) }
            } catch  where badRows != nil && BadRow.isReason(error) {
              let bad = BadRow(record, error, at: reader.place(of: record))
              try interruption.whileWriting { try take(bad, writeBad) }
            }
            repairs.add(record)
          case .bad(let bad):
            try interruption.whileWriting { try take(bad, writeBad) }
          }
          rows += 1
          done = row.position
        }
        if let last = ready.last { line.update(rows: rows, bytes: last.row.bytesConsumed) }
        try interruption.whileWriting {
          try sink?.flush()
          try badRows?.flush()
          if let sink { journal?.note(done, in: sink, badRows) }
        }
      }
      if interruption.exitCode == nil, let fault = feeder.fault { throw fault }
      let isWhole = interruption.exitCode == nil
      try interruption.whileWriting {
        if isWhole {
          try badRows?.finish(rows: rows)
          if let sink { try journal?.prepareEnd(done, in: sink, badRows) }
        }
        if !isWhole, let sink { journal?.conclude(done, in: sink, badRows) }
        try sink?.close()
        try badRows?.close()
        if isWhole { try journal?.end() }
        if isWhole || journal?.isWritten != true { sink?.forget() }
      }
    } catch {
      for stream in streams { stream.cancel() }
      line.clear()
      guard let sink else {
        try? badRows?.close()
        throw error
      }
      // What was finished before the fault stays; a second fault here would only repeat the first.
      if (try? sink.flush()) != nil { journal?.conclude(done, in: sink, badRows) }
      try? sink.close()
      if journal?.isWritten != true { sink.forget() }
      try? badRows?.close()
      throw JobError(cause: error, output: sink.sink, journal: journal)
    }
    line.finish(rows: rows)
    repairs.tell(of: reader.name)
    badRows?.tell()
    if let code = interruption.exitCode {
      StandardError.fault(
        sink.map {
          "stopped; \($0.sink.name) holds the first \(rows) rows, whole\(journal?.remedy ?? "")"
        }
          ?? "stopped after \(rows) rows, with no result")
      throw ExitCode(code)
    }
  }

  private func take(_ row: BadRow, _ writeBad: (Record, String) throws -> Void) throws {
    guard let badRows else { return }
    if badRows.isKeeping {
      do {
        try writeBad(row.record, row.reason)
      } catch RecordError.fieldExists {
        // Nothing can be added to it as it is.
        let raw = Record.raw(row.bytes, row: row.record.row, line: row.record.line)
        try writeBad(raw, row.reason)
      }
    }
    // Last: it may be one too many, which is in the output all the same.
    try badRows.add(row)
  }
}

extension RecordJob {
  init(
    reader: RecordReader, sink: (any RowOutput)?, engine: Engine<Use>,
    journal: JobJournal? = nil, badRows: BadRows? = nil
  ) {
    self.init(reader: reader, sink: sink, engines: [engine], journal: journal, badRows: badRows)
  }
}

/// A row, and how far the input has been read with it.
private struct Row<Context: Sendable>: Sendable {
  enum Content: Sendable {
    /// A record, and what is to be known of it later.
    case record(Record, Context)
    case bad(BadRow)
  }

  let content: Content
  let position: InputPosition
  /// As the input is stored: for the progress.
  let bytesConsumed: Int
}

/// Reads records on a thread of its own, which may wait for them, and pushes them in groups of about a
/// batch: fewer where no more have come yet.
private final class RecordFeeder<Use: ModelTask, Context: Sendable>: Sendable {
  typealias Stream = EngineStream<Use, Row<Context>>

  // Touched by the thread alone.
  nonisolated(unsafe) private let reader: RecordReader
  private let streams: [Stream]
  private let batchTokens: Int
  private let use: Use
  private let goesOnBehindBadRows: Bool
  private let ask: @Sendable (Record) throws -> (Context, Use.Input?)
  private let state = Mutex<(any Error)?>(nil)

  init(
    _ reader: RecordReader, into streams: [Stream], of engine: Engine<Use>,
    goesOnBehindBadRows: Bool,
    asking ask: @escaping @Sendable (Record) throws -> (Context, Use.Input?)
  ) {
    self.reader = reader
    self.goesOnBehindBadRows = goesOnBehindBadRows
    self.streams = streams
    use = engine.use
    batchTokens = engine.batchTokens
    self.ask = ask
  }

  /// What is wrong with the row behind the last one pushed; told once the streams have ended.
  var fault: (any Error)? { state.withLock { $0 } }

  func start() throws(EngineError) {
    if let code = DetachedThread.start({ self.run() }) { throw .noThreads(code: code) }
  }

  private func run() {
    do {
      while let group = try nextGroup() {
        for stream in streams {
          guard try stream.push(group) else { return }
        }
        if fault != nil { break }
      }
    } catch {
      state.withLock { $0 = error }
    }
    for stream in streams { stream.finish() }
  }

  private func nextGroup() throws -> [Stream.Item]? {
    var group: [Stream.Item] = []
    var total = 0
    do {
      repeat {
        guard let (content, input) = try nextRow() else { break }
        group.append(
          Stream.Item(
            Row(
              content: content, position: reader.position, bytesConsumed: reader.bytesConsumed),
            input: input))
        total += input.map(use.estimatedTokens) ?? 1
      } while total < batchTokens && reader.isInputReady
    } catch {
      // The rows before it come first.
      guard !group.isEmpty else { throw error }
      state.withLock { $0 = error }
    }
    return group.isEmpty ? nil : group
  }

  private func nextRow() throws -> (Row<Context>.Content, Use.Input?)? {
    guard goesOnBehindBadRows else {
      guard let record = try reader.next() else { return nil }
      let (context, input) = try ask(record)
      return (.record(record, context), input)
    }
    switch try reader.nextRow() {
    case .record(let record)?:
      do {
        let (context, input) = try ask(record)
        return (.record(record, context), input)
      } catch {
        return (.bad(BadRow(record, error, at: reader.place(of: record))), nil)
      }
    case .rejected(let row)?: return (.bad(BadRow(row)), nil)
    case nil: return nil
    }
  }
}

/// The rows that all streams have answered.
private struct AnsweredRows<Use: ModelTask, Context: Sendable> {
  typealias Stream = EngineStream<Use, Row<Context>>

  private let streams: [Stream]
  private var waiting: [ArraySlice<Stream.Outcome>]

  init(_ streams: [Stream]) {
    self.streams = streams
    waiting = streams.map { _ in [] }
  }

  /// At least one; nil at the end.
  mutating func next() async -> [(row: Row<Context>, results: [Result<Use.Answer, any Error>])]? {
    for (index, stream) in streams.enumerated() where waiting[index].isEmpty {
      waiting[index] = await stream.next()[...]
      if waiting[index].isEmpty { return nil }
    }
    let count = waiting.map(\.count).min() ?? 0
    defer { for index in waiting.indices { waiting[index].removeFirst(count) } }
    return (0..<count).map { place in
      let outcomes = waiting.map { $0[$0.startIndex + place] }
      return (outcomes[0].context, outcomes.compactMap(\.result))
    }
  }
}

/// Rows with bytes that are not UTF-8.
private struct Repairs {
  private var count = 0
  private var first: [Int] = []

  mutating func add(_ record: Record) {
    guard record.repairedInvalidUTF8 else { return }
    count += 1
    if first.count < 10 { first.append(record.row) }
  }

  func tell(of file: String) {
    guard count > 0 else { return }
    let rows = first.map(String.init).joined(separator: ", ")
    StandardError.line(
      "\(file): \(count) row\(count == 1 ? "" : "s") with bytes that are not UTF-8, "
        + "read as U+FFFD (row \(rows)\(count > first.count ? ", …" : ""))")
  }
}

/// Where the rows of a job go.
protocol RowOutput {
  /// What they are written to; of several files the first.
  var sink: ByteSink { get }
  /// All files that they are written to; none where they cannot be gone on with.
  var sinks: [ByteSink] { get }
  /// Hands all whole rows to the system: a batch is done.
  func flush() throws
  /// Hands over what is left, and makes whole what was written, also after a fault.
  func close() throws
  /// Removes what only a later process would need to go on.
  func forget()
}

extension RowOutput {
  var sinks: [ByteSink] { [sink] }
  func forget() {}
}

extension ByteSink: RowOutput {
  var sink: ByteSink { self }
}

/// Why a job ended early, and what it leaves behind.
struct JobError: Error, CustomStringConvertible {
  let cause: any Error
  private let remains: String

  init(cause: any Error, output: ByteSink, journal: JobJournal? = nil) {
    self.cause = cause
    let rows = output.rowsWritten
    remains =
      (output.isOldFileKept
        ? "\(output.name) is left as it was"
        : "\(output.name) holds \(rows) row\(rows == 1 ? "" : "s")")
      + (journal?.remedy(after: cause) ?? "")
  }

  var description: String { "\(OptionRemedy.message(of: cause)); \(remains)" }
}

extension TextInput {
  init(_ record: Record) {
    self.init(record.text, pair: record.pair)
  }
}
