import ArgumentParser
import Files
import Records

/// What becomes of a row that has no answer.
enum BadRowTreatment: String, ExpressibleByArgument, CaseIterable {
  case stop, skip, keep
}

/// How many rows may be bad: so many, or so many of a hundred.
enum BadRowLimit: ExpressibleByArgument, Equatable {
  case rows(Int)
  case percent(Double)

  /// A share of fewer rows says little, but at the end.
  static let fewestRows = 100

  init?(argument: String) {
    if argument.hasSuffix("%") {
      guard let percent = Double(argument.dropLast()), (0...100).contains(percent) else {
        return nil
      }
      self = .percent(percent)
    } else {
      guard let rows = Int(argument), rows >= 0 else { return nil }
      self = .rows(rows)
    }
  }

  /// - Parameter isAtEnd: Whether there are no more rows.
  func allows(_ count: Int, of rows: Int, isAtEnd: Bool) -> Bool {
    switch self {
    case .rows(let limit): count <= limit
    case .percent(let limit):
      (rows < Self.fewestRows && !isAtEnd) || Double(count) * 100 <= limit * Double(rows)
    }
  }

  var text: String {
    switch self {
    case .rows(let rows): "\(rows)"
    case .percent(let percent):
      percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
    }
  }
}

/// `--on-bad-row` and what goes with it, for the commands that write a row for each row of a file.
struct BadRowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "stop at a row that has no answer, skip it, or keep it with the reason in a field error.",
      discussion: """
        Such as one that is no JSON, has too few fields, or no text. A row that is kept has no answer. \
        How many there were is told at the end.
        """))
  var onBadRow: BadRowTreatment = .stop

  @OptionGroup var places: RejectOptions

  /// - Throws: `ValidationError` where options do not belong together.
  func check(_ source: TextSource, output: String) throws {
    if case .arguments = source, onBadRow != .stop || places.isGiven {
      throw ValidationError("--on-bad-row is for the rows of a file: give --input")
    }
    try places.check(onBadRow, output: output)
  }

  /// - Parameters:
  ///   - reader: Of the input.
  ///   - journal: Of the job.
  ///   - job: Which file it is.
  func badRows(of reader: RecordReader, _ journal: JobJournal?, in job: FileJob) throws -> BadRows?
  {
    try places.badRows(onBadRow, of: reader, journal, in: job)
  }

  /// What rows depend on, for the journal of a job. Rows that are left out change nothing in others.
  var settings: [(name: String, value: String?)] {
    [("--on-bad-row", onBadRow == .keep ? onBadRow.rawValue : nil)]
  }

  /// The names of the fields that kept rows need.
  var addedNames: [String] { onBadRow == .keep ? ["error"] : [] }
}

/// `--on-bad-row` for the commands that learn or measure by all rows of a file.
struct BadExampleOptions: ParsableArguments {
  enum Treatment: String, ExpressibleByArgument, CaseIterable {
    case stop, skip
  }

  @Option(
    help: ArgumentHelp(
      "stop at a row without a text or a label, or skip it.",
      discussion: "How many there were is told at the end."))
  var onBadRow: Treatment = .stop

  @OptionGroup var places: RejectOptions

  func validate() throws {
    try places.check(onBadRow == .skip ? .skip : .stop, output: nil)
  }

  func badRows(of reader: RecordReader) throws -> BadRows? {
    try places.badRows(onBadRow == .skip ? .skip : .stop, of: reader)
  }
}

/// `--rejects` and `--max-bad-rows`.
struct RejectOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where bad rows go as they stand in the input, each with its number and what is wrong.",
      discussion: "JSON lines, with the fields row, line, error and raw.", valueName: "file"),
    completion: .file())
  var rejects: String?

  @Option(
    help: ArgumentHelp(
      "Stop where more rows than these are bad, or than so many of a hundred.",
      discussion: "A share counts from the 100th row on, and at the end.", valueName: "n|p%"))
  var maxBadRows: BadRowLimit?

  var isGiven: Bool { rejects != nil || maxBadRows != nil }

  fileprivate func check(_ treatment: BadRowTreatment, output: String?) throws {
    if treatment == .stop, isGiven {
      let option = rejects == nil ? "--max-bad-rows" : "--rejects"
      throw ValidationError(
        "\(option) is for jobs that go on behind a bad row: give --on-bad-row too")
    }
    if let rejects, rejects == output {
      throw ValidationError("--rejects and --output name the same file")
    }
  }

  fileprivate func badRows(
    _ treatment: BadRowTreatment, of reader: RecordReader, _ journal: JobJournal? = nil,
    in job: FileJob? = nil
  ) throws -> BadRows? {
    guard treatment != .stop else { return nil }
    let rejects = try rejects.map {
      try ByteSink(
        path: job?.rejects($0) ?? $0, notOverwriting: reader.identity,
        keeping: journal?.keptRejects)
    }
    return BadRows(
      file: reader.name, isKeeping: treatment == .keep, limit: maxBadRows, rejects: rejects,
      before: journal?.badRowsBefore ?? 0)
  }
}
