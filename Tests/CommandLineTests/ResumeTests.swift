import Foundation
import Records
import TestSupport
import Testing

#if canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#endif

/// `--resume`: a job whose process died comes out as if nothing had happened.
@Suite struct ResumeTests {
  /// A job that a pipe feeds, so that it can be killed in its middle.
  private final class Job {
    let folder: TemporaryFolder
    let process = Process()
    private let pipe = Pipe()
    private(set) var lines = 0

    init(_ arguments: [String], in folder: TemporaryFolder) throws {
      self.folder = folder
      process.executableURL = Tool.executable
      process.arguments = arguments + ["--model", tinyModel(), "--input", "-"]
      process.standardInput = pipe
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    func feed(_ rows: [String], _ count: Int) throws {
      let more = rows[lines..<min(rows.count, lines + count)].joined()
      try pipe.fileHandleForWriting.write(contentsOf: Data(more.utf8))
      lines += count
    }

    /// Feeds row after row until the journal is there.
    func awaitJournal(of output: String, _ rows: [String]) throws {
      let journal = folder.path(output + ".resume.json")
      let limit = ContinuousClock.now + .seconds(60)
      while !FileManager.default.fileExists(atPath: journal) {
        try #require(process.isRunning && lines + 3 < rows.count && .now < limit)
        try feed(rows, 3)
        // Not a task's sleep, which other tests could make longer than the limit.
        Thread.sleep(forTimeInterval: 0.05)
      }
    }

    func kill() {
      Glibc.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  private static func rows(_ count: Int) -> [String] {
    ["id,text\n"] + (0..<count).map { "\($0),\"good, bad \($0)\n and new\"\n" }
  }

  /// The bytes of a file, and of a compressed one the lines of its text.
  private static func unpacked(_ path: String) throws -> [[UInt8]] {
    guard Compression(path: path) != nil else {
      return [Array(try Data(contentsOf: URL(filePath: path)))]
    }
    let reader = try RecordReader(path: path, format: .txt)
    var lines: [[UInt8]] = []
    while let record = try reader.next() { lines.append(record.bytes) }
    return lines
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let output: String
    var isOldFileThere = false

    var testDescription: String { (arguments + [output]).joined(separator: " ") }
  }

  @Test(arguments: [
    Case(arguments: ["classify", "--scores", "all"], output: "out.csv"),
    Case(arguments: ["classify"], output: "out.jsonl", isOldFileThere: true),
    Case(arguments: ["classify", "--scores", "all"], output: "out.csv.gz"),
    Case(arguments: ["classify"], output: "out.csv.zst", isOldFileThere: true),
    Case(arguments: ["embed"], output: "out.jsonl.zst"),
    Case(arguments: ["embed"], output: "out.npy"),
    Case(arguments: ["embed", "--pooling", "none"], output: "out.npy", isOldFileThere: true),
    Case(arguments: ["embed"], output: "out.safetensors"),
    Case(
      arguments: ["embed", "--pooling", "none"], output: "out.safetensors", isOldFileThere: true),
  ])
  func aKilledJobGoesOn(_ one: Case) throws {
    let folder = try TemporaryFolder()
    let rows = Self.rows(600)
    try folder.write(rows.joined(), to: "in.csv")
    if one.isOldFileThere { try folder.write("old\n", to: one.output) }
    let arguments = one.arguments + ["--format", "csv", "--output"]
    let job = try Job(arguments + [folder.path(one.output)], in: folder)
    try job.awaitJournal(of: one.output, rows)
    try job.feed(rows, 20)
    job.kill()
    if one.isOldFileThere { #expect(try folder.read(one.output) == "old\n") }

    let again = arguments + [folder.path(one.output), "--model", tinyModel()]
    let input = ["--input", folder.path("in.csv")]
    let refused = try Tool(again + input, input: nil)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("go on with --resume, or remove"))
    let resumed = try Tool(again + input + ["--resume"], input: nil)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("going on behind row"))

    let whole = try TemporaryFolder()
    let unbroken = try Tool(
      arguments + [whole.path(one.output), "--model", tinyModel()] + input, input: nil)
    #expect(unbroken.status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: whole.url.path).sorted()
    for name in names {
      let isSame = try Self.unpacked(folder.path(name)) == Self.unpacked(whole.path(name))
      #expect(isSame, "\(name)")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        == (names + ["in.csv"]).sorted())
  }

  @Test func anotherJobIsNotGoneOnWith() throws {
    let folder = try TemporaryFolder()
    let rows = Self.rows(600)
    try folder.write(rows.joined(), to: "in.csv")
    let output = folder.path("out.csv")
    let job = try Job(["classify", "--format", "csv", "--output", output], in: folder)
    try job.awaitJournal(of: "out.csv", rows)

    // As long as it runs nobody else writes the file.
    let common = ["classify", "--model", tinyModel(), "--output", output]
    for more in [[], ["--resume"]] {
      let beside = try Tool(common + ["--input", folder.path("in.csv")] + more, input: nil)
      #expect(beside.status == 1)
      #expect(
        beside.errors.contains("process \(job.process.processIdentifier) is writing \(output)"))
    }
    job.kill()
    let written = try folder.bytes("out.csv")
    let journal = try folder.read("out.csv.resume.json")

    func expect(_ message: String, _ arguments: [String]) throws {
      let tool = try Tool(common + ["--resume"] + arguments, input: nil)
      #expect(tool.status == 1)
      #expect(tool.errors.contains(message), "\(tool.errors)")
      #expect(try folder.bytes("out.csv") == written)
    }
    let input = ["--input", folder.path("in.csv")]
    try expect("--scores was 'top', and is 'all'", input + ["--scores", "all"])
    try expect("--precision was 'float32', and is 'int8'", input + ["--precision", "int8"])
    let model = try folder.model { $0["id2label"] = ["0": "a", "1": "b", "2": "c"] }
    let other = try Tool(
      ["classify", "--model", model, "--output", output, "--resume"] + input, input: nil)
    #expect(other.errors.contains("the files of the model are others"), "\(other.errors)")

    try folder.write(rows.joined().replacing("good, bad 0", with: "good, bad 9"), to: "other.csv")
    try expect("rows are not those that were read before", ["--input", folder.path("other.csv")])
    for damaged in ["", "{", "[]", journal.replacing("\"form\":1", with: "\"form\":2")] {
      try folder.write(damaged, to: "out.csv.resume.json")
      try expect("out.csv.resume.json", input)
    }
    try folder.write(journal, to: "out.csv.resume.json")
    try folder.write(written.dropLast(written.count - 60), to: "out.csv")
    let shorter = try Tool(common + ["--resume"] + input, input: nil)
    #expect(shorter.status == 1 && shorter.errors.contains("rows that were written before"))
    try FileManager.default.removeItem(atPath: output)
    let gone = try Tool(common + ["--resume"] + input, input: nil)
    #expect(gone.status == 1 && gone.errors.contains("which is gone"))
    // The word of the message for beginning anew.
    try FileManager.default.removeItem(atPath: output + ".resume.json")
    let anew = try Tool(common + ["--resume"] + input, input: nil)
    #expect(anew.status == 0 && anew.errors.contains("beginning at the first row"))
  }

  @Test func wantsAFileOfRowsAndAFileToGoOnWith() throws {
    for (arguments, message) in [
      (["classify", "good", "--resume"], "--resume is for the rows of a file: give --input"),
      (["classify", "--input", "-", "--resume"], "--resume goes on with a file: give --output"),
      (
        ["tokenize", "--input", "-", "--output", "/dev/null", "--resume"],
        "--resume goes on with a file, and /dev/null is none"
      ),
    ] {
      let tool = try Tool(arguments, input: nil)
      #expect(tool.status == 2)
      #expect(tool.errors.contains(message), "\(tool.errors)")
    }
  }
}
