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

  /// Whether the job has other parts, so that what is done has to be known until all are.
  private var isOfPart: Bool { part != nil }
  /// What a person is told when a part begins.
  private let part: String?
  /// Whether the part turned out to be done.
  private var isDone = false
  /// What is written when a part is done.
  private var lastEntry: JobEntry?

  /// Whether there is something to go on with.
  private(set) var isWritten: Bool
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
  convenience init?(besides output: String, isResuming: Bool) throws {
    try self.init(besides: output, isResuming: isResuming, part: nil)
  }

  /// The same for a part of a job.
  ///
  /// - Parameter part: What a person is told when it begins.
  convenience init?(ofPart output: String, isResuming: Bool, calling part: String) throws {
    try self.init(besides: output, isResuming: isResuming, part: part)
  }

  private init?(besides output: String, isResuming: Bool, part: String?) throws {
    guard Self.canHaveJournal(output) else { return nil }
    self.part = part
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
      if isResuming, part == nil {
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

  /// Whether the part is done.
  var isMarkedDone: Bool { earlier?.isDone ?? false }

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

  /// Takes a reader to where the earlier process was; not that of a part which is done, where the input
  /// has not grown since.
  func skipDoneRows(of reader: RecordReader) throws {
    guard let earlier else { return }
    isDone =
      earlier.isDone
      && (reader.isPacked || reader.totalBytes.map { $0 <= earlier.input.bytes } ?? true)
    if !isDone { try reader.skip(to: earlier.input) }
  }

  /// Sees to it that the job is the earlier process's.
  ///
  /// - Parameter settings: What else makes another output of the same input.
  /// - Throws: ``OtherJob``, and ``PartIsDone`` where nothing is left to do.
  func settle(_ settings: @escaping () throws -> JobSettings) throws {
    self.settings = Lazily(settings)
    guard let earlier else {
      if let part { StandardError.line(part) }
      return
    }
    let now = try settings()
    if let difference = now.difference(from: earlier.settings) {
      throw OtherJob(journal: path, difference: difference)
    }
    if isDone { throw PartIsDone() }
    StandardError.line("\(part.map { $0 + ": " } ?? "")going on behind row \(earlier.rows)")
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

  /// All rows are flushed: what the journal of a part is to tell.
  func prepareEnd(_ input: InputPosition, in output: any RowOutput, _ badRows: BadRows?) throws {
    guard isOfPart, let settings else { return }
    var entry = JobEntry(
      input: input, outputs: try output.sinks.map { try $0.makeSafe() },
      settings: try settings.value(), bad: try self.bad(badRows))
    entry.isDone = true
    lastEntry = entry
  }

  /// The job is done, and its files are closed.
  func end() throws {
    guard let lastEntry else { return remove() }
    try Replacement.write(lastEntry.bytes(), to: path)
    isWritten = true
  }

  /// Forgets the job.
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
    let leftOut = leftOut(badRows)
    // A row that was not written in full is not done.
    guard let settings, input.rows > 0, output.sink.rowsWritten + leftOut == input.rows,
      !output.sinks.isEmpty
    else { return }
    do {
      let outputs = try output.sinks.map { try $0.makeSafe() }
      let entry = JobEntry(
        input: input, outputs: outputs, settings: try settings.value(), bad: try bad(badRows))
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

extension JobJournal {
  /// How many of the rows that are done the output does not have.
  private func leftOut(_ badRows: BadRows?) -> Int {
    let earlier = earlier?.bad ?? JobEntry.Bad()
    guard let badRows, !badRows.isKeeping else { return earlier.leftOut }
    return earlier.leftOut + badRows.count - earlier.count
  }

  private func bad(_ badRows: BadRows?) throws -> JobEntry.Bad {
    JobEntry.Bad(
      count: badRows?.count ?? earlier?.bad.count ?? 0, leftOut: leftOut(badRows),
      file: try badRows?.makeSafe())
  }
}

/// A part of a job that an earlier process has done.
struct PartIsDone: Error {}

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
