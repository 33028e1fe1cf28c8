import Files
import Records

/// What the journal of a job tells: a JSON object on one line.
struct JobEntry: Equatable {
  let input: InputPosition
  /// Of the output's files, the first one first.
  let outputs: [KeptOutput]
  let settings: JobSettings
  /// Of the rows, those that have no answer.
  var bad = Bad()
  /// Whether there are no more rows: a part of a job that has others.
  var isDone = false

  struct Bad: Equatable {
    var count = 0
    /// How many of them the output does not have.
    var leftOut = 0
    /// What is safe of the file of bad rows, where there is one.
    var file: KeptOutput?
  }

  var rows: Int { input.rows }

  /// What its members mean may change with this number.
  private static let form = 1

  init(input: InputPosition, outputs: [KeptOutput], settings: JobSettings, bad: Bad = Bad()) {
    self.input = input
    self.outputs = outputs
    self.settings = settings
    self.bad = bad
  }

  /// - Parameter file: What messages call the journal.
  init(parsing bytes: [UInt8], file: String) throws(JournalFault) {
    let fields = try JSONFields<JournalFault>(parsing: bytes, file: file)
    guard try fields.integer("form") == Self.form else {
      throw JournalFault(file: file, problem: "is not of this version of the program")
    }
    let input = try fields.required("input", fields.object("input"))
    self.input = InputPosition(
      rows: try Self.count("rows", of: input), bytes: try Self.count("bytes", of: input),
      digest: try Self.digest(of: input))
    var outputs: [KeptOutput] = []
    for output in try fields.required("outputs", fields.objects("outputs")) {
      outputs.append(try Self.output(output))
    }
    self.outputs = outputs
    isDone = try fields.boolean("done") ?? false
    if let fields = try fields.object("bad") {
      bad.count = try Self.count("rows", of: fields)
      bad.leftOut = try Self.count("left_out", of: fields)
      bad.file = try fields.object("file").map(Self.output)
    }
    let settings = try fields.required("settings", fields.object("settings"))
    var members: [(name: String, value: String)] = []
    for name in try settings.keys() {
      members.append((name, try settings.required(name, settings.string(name))))
    }
    self.settings = JobSettings(members)
  }

  private static func output(
    _ fields: JSONFields<JournalFault>
  ) throws(JournalFault) -> KeptOutput {
    KeptOutput(
      rows: try count("rows", of: fields), bytes: try count("bytes", of: fields),
      headerBytes: try count("header", of: fields), digest: try digest(of: fields))
  }

  private static func count(
    _ key: String, of fields: JSONFields<JournalFault>
  ) throws(JournalFault) -> Int {
    try fields.required(key, fields.integer(key, from: 0))
  }

  private static func digest(
    of fields: JSONFields<JournalFault>
  ) throws(JournalFault) -> UInt64 {
    let text = try fields.required("digest", fields.string("digest"))
    guard let digest = UInt64(text, radix: 16) else {
      throw fields.wrong("digest", "hexadecimal digits")
    }
    return digest
  }

  func bytes() throws -> [UInt8] {
    var row = JSONRow([
      ("form", Self.form),
      (
        "input",
        JSONRow([
          ("rows", input.rows), ("bytes", input.bytes),
          ("digest", String(input.digest, radix: 16)),
        ])
      ),
      ("outputs", outputs.map(Self.row)),
      ("settings", JSONRow(settings.members.map { ($0.name, $0.value) })),
    ])
    if isDone { row.members.append(("done", true)) }
    if bad != Bad() {
      var members: [(key: String, value: any Encodable)] = [
        ("rows", bad.count), ("left_out", bad.leftOut),
      ]
      if let file = bad.file { members.append(("file", Self.row(of: file))) }
      row.members.append(("bad", JSONRow(members)))
    }
    return try JSON.line(of: row) + [0x0A]
  }

  private static func row(of output: KeptOutput) -> JSONRow {
    JSONRow([
      ("rows", output.rows), ("bytes", output.bytes), ("header", output.headerBytes),
      ("digest", String(output.digest, radix: 16)),
    ])
  }
}

/// A journal that cannot be gone by.
struct JournalFault: JSONFailure, CustomStringConvertible {
  let file: String
  let problem: String

  init(file: String, problem: String) {
    self.file = file
    self.problem = problem
  }

  init(_ error: JSONFieldError) {
    self.init(
      file: error.file, problem: error.key.map { "\($0) \(error.problem)" } ?? error.problem)
  }

  var description: String {
    "\(file) \(problem): remove it to begin anew"
  }
}
