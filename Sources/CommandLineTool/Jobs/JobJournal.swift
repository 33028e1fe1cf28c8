import Files
import Records

/// What a later process needs to go on with a job whose process died: a small file beside the output
/// that tells how many rows are safe on the disk, and of what input, model and options they are. It is
/// there from the first second of a job to its end.
///
/// Outputs are prefixes of the whole, in the order of the input, so that no list of rows is needed.
final class JobJournal {
  /// Of the journal's file.
  private let path: String
  /// What messages call it.
  private let name: String
  /// What an earlier process left.
  private let earlier: JobEntry?
  /// What makes another output of the same input; asked for once, when it is needed.
  private var settings: Lazily<JobSettings>?

  private var isWritten: Bool
  private var lastNote = ContinuousClock.now
  /// Between two notes: long against what one takes, as some disks take their time.
  private var interval = Duration.seconds(1)
  private var hasComplained = false

  /// Looks for an earlier process's journal.
  ///
  /// - Parameters:
  ///   - output: The path of the output; "-" is standard output.
  ///   - isResuming: Whether to go on with a job that was not finished.
  /// - Throws: ``UnfinishedJob`` for one that was not asked for, `RecordError` for a job that another
  ///   process is doing, and ``JournalFault`` for a journal that is damaged.
  init?(besides output: String, isResuming: Bool) throws {
    guard Self.canHaveJournal(output) else { return nil }
    let path = "\(output).resume.json"
    let name = printable(PathText.shown(path))
    self.path = path
    self.name = name
    let bytes: [UInt8]
    do throws(SystemFailure) {
      bytes = try FileSystem.contents(of: path, limit: 1 << 20)
    } catch {
      guard (try? FileStatus(of: path)) == nil else {
        throw JournalFault(file: name, problem: "cannot be read: \(error.reason)")
      }
      if isResuming {
        StandardError.line("there is no \(name) to go on with: beginning at the first row")
      }
      earlier = nil
      isWritten = false
      return
    }
    try ByteSink.checkUnused(output)
    let entry = try JobEntry(parsing: bytes, file: name)
    guard isResuming else { throw UnfinishedJob(output: output, journal: path, rows: entry.rows) }
    guard ByteSink.keptPath(of: output) != nil else {
      throw JournalFault(
        file: name, problem: "is of \(printable(PathText.shown(output))), which is gone")
    }
    earlier = entry
    isWritten = true
  }

  /// Whether a file can lie beside it, and whether what is in it can be found again.
  static func canHaveJournal(_ output: String) -> Bool {
    guard output != "-", !output.hasPrefix("/dev/"), !output.hasPrefix("/proc/") else {
      return false
    }
    guard let status = try? FileStatus(of: output) else { return true }
    return status.kind == .regular
  }

  /// What is safe of the output's files, behind which to go on; none for a job that begins.
  var kept: [KeptOutput] { earlier?.outputs ?? [] }

  /// What is safe of the file of bad rows.
  var keptRejects: KeptOutput? { earlier?.bad.file }
  /// How many of the rows that are done have no answer.
  var badRowsBefore: Int { earlier?.bad.count ?? 0 }

  /// Words for the end of a message, where there is something to go on with.
  var remedy: String { isWritten ? "; go on with --resume" : "" }

  /// The same where a fault ended the job.
  func remedy(after fault: any Error) -> String {
    guard isWritten, BadRow.isReason(fault), !(fault is BadRows.TooMany) else { return remedy }
    return "; mend the row or leave it out by --on-bad-row skip, and go on with --resume"
  }

  /// Takes a reader to where the earlier process was.
  func skipDoneRows(of reader: RecordReader) throws {
    if let earlier { try reader.skip(to: earlier.input) }
  }

  /// Sees to it that the job is the earlier process's.
  ///
  /// - Parameter settings: What else makes another output of the same input.
  /// - Throws: ``OtherJob``.
  func settle(_ settings: @escaping () throws -> JobSettings) throws {
    self.settings = Lazily(settings)
    guard let earlier else { return }
    let now = try settings()
    if let difference = now.difference(from: earlier.settings) {
      throw OtherJob(journal: path, difference: difference)
    }
    StandardError.line("going on behind row \(earlier.rows)")
  }

  /// Makes safe what was flushed, where it is time to: the journal tells of it then.
  ///
  /// - Parameter input: How far the input is done with it.
  func note(_ input: InputPosition, in output: any RowOutput, _ badRows: BadRows? = nil) {
    if lastNote.duration(to: .now) >= interval { write(input, output, badRows) }
  }

  /// The same at an early end, for a journal that is there.
  func conclude(_ input: InputPosition, in output: any RowOutput, _ badRows: BadRows? = nil) {
    if isWritten { write(input, output, badRows) }
  }

  /// The job is done.
  func remove() {
    if isWritten { FileSystem.remove(path) }
    isWritten = false
  }

  private func write(_ input: InputPosition, _ output: any RowOutput, _ badRows: BadRows?) {
    let start = ContinuousClock.now
    defer {
      lastNote = .now
      interval = max(.seconds(1), min(.seconds(10), start.duration(to: lastNote) * 20))
    }
    var bad = earlier?.bad ?? JobEntry.Bad()
    if let badRows {
      if !badRows.isKeeping { bad.leftOut += badRows.count - bad.count }
      bad.count = badRows.count
    }
    // A row that was not written in full is not done.
    guard let settings, input.rows > 0, output.sink.rowsWritten + bad.leftOut == input.rows,
      !output.sinks.isEmpty
    else { return }
    do {
      let outputs = try output.sinks.map { try $0.makeSafe() }
      bad.file = try badRows?.makeSafe()
      let entry = JobEntry(
        input: input, outputs: outputs, settings: try settings.value(), bad: bad)
      try Replacement.write(entry.bytes(), to: path)
      isWritten = true
    } catch {
      // The rows are none the worse for it, and an older journal still holds.
      guard !hasComplained else { return }
      hasComplained = true
      let reason = (error as? SystemFailure)?.reason ?? "\(error)"
      StandardError.line(
        "cannot write \(name): \(reason); the job goes on, but not after a death of this process")
    }
  }
}

/// A value that is made when it is first asked for.
private final class Lazily<Value> {
  private let make: () throws -> Value
  private var made: Value?

  init(_ make: @escaping () throws -> Value) { self.make = make }

  func value() throws -> Value {
    if let made { return made }
    let value = try make()
    made = value
    return value
  }
}

/// An output that an earlier job did not finish, and nobody asked to go on with.
struct UnfinishedJob: Error, CustomStringConvertible {
  let output: String
  let journal: String
  let rows: Int

  var description: String {
    """
    \(printable(PathText.shown(output))) is of a job that ended early, with \(rows) \
    row\(rows == 1 ? "" : "s") done: go on with --resume, or remove \
    \(ShellWord.quoted(PathText.shown(journal))) to begin anew
    """
  }
}

/// A job that is not the one which ended early.
struct OtherJob: Error, CustomStringConvertible {
  let journal: String
  let difference: JobSettings.Difference

  var description: String {
    """
    not the job that ended early: \(difference); go on as it was begun, or remove \
    \(ShellWord.quoted(PathText.shown(journal))) to begin anew
    """
  }
}
