import Files
import Records

/// What the journal of a job tells: a JSON object on one line.
struct JobEntry: Equatable {
  let input: InputPosition
  /// Of the output's files, the first one first.
  let outputs: [KeptOutput]
  let settings: JobSettings

  var rows: Int { input.rows }

  /// What its members mean may change with this number.
  private static let form = 1

  init(input: InputPosition, outputs: [KeptOutput], settings: JobSettings) {
    self.input = input
    self.outputs = outputs
    self.settings = settings
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
      outputs.append(
        KeptOutput(
          rows: try Self.count("rows", of: output), bytes: try Self.count("bytes", of: output),
          headerBytes: try Self.count("header", of: output), digest: try Self.digest(of: output)))
    }
    self.outputs = outputs
    let settings = try fields.required("settings", fields.object("settings"))
    var members: [(name: String, value: String)] = []
    for name in try settings.keys() {
      members.append((name, try settings.required(name, settings.string(name))))
    }
    self.settings = JobSettings(members)
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
    let outputs = outputs.map { output in
      JSONRow([
        ("rows", output.rows), ("bytes", output.bytes), ("header", output.headerBytes),
        ("digest", String(output.digest, radix: 16)),
      ])
    }
    let row = JSONRow([
      ("form", Self.form),
      (
        "input",
        JSONRow([
          ("rows", input.rows), ("bytes", input.bytes),
          ("digest", String(input.digest, radix: 16)),
        ])
      ),
      ("outputs", outputs),
      ("settings", JSONRow(settings.members.map { ($0.name, $0.value) })),
    ])
    return try JSON.line(of: row) + [0x0A]
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
