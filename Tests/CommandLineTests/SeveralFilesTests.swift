import Files
import Foundation
import TestSupport
import Testing

/// Several inputs, and folders of them.
@Suite struct SeveralFilesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "in"), withIntermediateDirectories: true)
    for part in 1...3 {
      let rows = (0..<10).map { "{\"text\":\"good part \(part) row \($0)\"}\n" }
      try folder.write(rows.joined(), to: "in/part-\(part).jsonl")
    }
    // What Spark leaves beside its parts.
    try folder.write("", to: "in/_SUCCESS")
    try folder.write("crc", to: "in/.part-1.jsonl.crc")
    try folder.write("no texts", to: "in/README.md")
  }

  private func run(_ arguments: String..., command: String = "classify") throws -> Tool {
    try Tool([command, "--model", tinyModel()] + arguments, input: nil)
  }

  private func names(_ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path(name)).sorted()
  }

  private static let parts = ["part-1.jsonl", "part-2.jsonl", "part-3.jsonl"]

  @Test func everyFileOfAFolderBecomesOne() throws {
    let tool = try run("--input", folder.path("in"), "--output", folder.path("out"))
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors.contains("3 of 3 files done\n"))
    #expect(try names("out") == Self.parts)
    for part in Self.parts {
      let one = try run("--input", folder.path("in/\(part)"))
      #expect(try folder.read("out/\(part)") == one.output)
    }
  }

  @Test func namesTellTheFormat() throws {
    let first = folder.path("in/part-1.jsonl")
    let second = folder.path("in/part-2.jsonl")
    let embedded = try run(
      "--input", first, "-i", second, "--output", folder.path("vectors"), "--output-format", "npy",
      command: "embed")
    #expect(embedded.status == 0, "\(embedded.errors)")
    #expect(try names("vectors") == ["part-1.npy", "part-2.npy"])
    try folder.write("text\na\n", to: "in/table.csv.gz")
    let all = try run("--input", folder.path("in"), "--output", folder.path("all"), "--json")
    #expect(all.status == 0, "\(all.errors)")
    #expect(try names("all") == Self.parts + ["table.jsonl.gz"])
    // One file goes to a folder that is there, too.
    #expect(try run("--input", first, "--output", folder.path("vectors")).status == 0)
    #expect(try names("vectors") == ["part-1.jsonl", "part-1.npy", "part-2.npy"])
  }

  @Test func whatIsDoneIsNotDoneAgain() throws {
    let broken = try folder.read("in/part-2.jsonl")
    try folder.write(broken + "broken\n", to: "in/part-2.jsonl")
    func job(_ more: String...) throws -> Tool {
      try Tool(
        [
          "classify", "--model", tinyModel(), "--input", folder.path("in"), "--output",
          folder.path("out"),
        ] + more, input: nil)
    }
    let stopped = try job()
    #expect(stopped.status == 1 && stopped.errors.contains("part-2.jsonl: row 11"))
    #expect(try names("out").contains("part-1.jsonl.resume.json"))
    let done = try FileStatus(of: folder.path("out/part-1.jsonl"))

    let anew = try job()
    #expect(anew.status == 1 && anew.errors.contains("go on with --resume, or remove"))
    let other = try job("--resume", "--scores", "all")
    #expect(other.status == 1 && other.errors.contains("--scores was 'top', and is 'all'"))
    try folder.write(broken, to: "in/part-2.jsonl")
    let resumed = try job("--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("2 of 3 files done, 1 done before"), "\(resumed.errors)")
    #expect(try FileStatus(of: folder.path("out/part-1.jsonl")).identity == done.identity)
    #expect(try names("out") == Self.parts)
    for part in Self.parts {
      #expect(
        try folder.read("out/\(part)") == run("--input", folder.path("in/\(part)")).output)
    }
  }

  @Test func aFileThatGrewIsGoneOnWith() throws {
    try folder.write("broken\n", to: "in/part-3.jsonl")
    let arguments = ["--input", folder.path("in"), "--output", folder.path("out")]
    func job(_ more: String...) throws -> Tool {
      try Tool(["classify", "--model", tinyModel()] + arguments + more, input: nil)
    }
    #expect(try job().status == 1)
    try folder.write(
      folder.read("in/part-1.jsonl") + "{\"text\":\"new row\"}\n", to: "in/part-1.jsonl")
    try folder.write("{\"text\":\"a\"}\n", to: "in/part-3.jsonl")
    let resumed = try job("--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("going on behind row 10"))
    #expect(resumed.errors.contains("2 of 3 files done, 1 done before"), "\(resumed.errors)")
    #expect(
      try folder.read("out/part-1.jsonl") == run("--input", folder.path("in/part-1.jsonl")).output)
  }

  @Test func processesShareAJob() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "out"), withIntermediateDirectories: true)
    let job = ["--input", folder.path("in"), "--output", folder.path("out"), "--resume"]
    do {
      // This process is one that works on the second file.
      let taken = try FileDescriptor(
        opening: folder.path("out/part-2.jsonl"), for: .writing, .create)
      defer { try? taken.close() }
      #expect(taken.lockForWriting() == nil)
      let tool = try Tool(["classify", "--model", tinyModel()] + job, input: nil)
      #expect(tool.status == 0, "\(tool.errors)")
      #expect(tool.errors.contains("2 of 3 files done, 1 under way in other processes"))
      #expect(try folder.bytes("out/part-2.jsonl").isEmpty)
    }
    let rest = try Tool(["classify", "--model", tinyModel()] + job, input: nil)
    #expect(rest.status == 0 && rest.errors.contains("1 of 3 files done, 2 done before"))
    #expect(try names("out") == Self.parts)
  }

  @Test func badRowsOfEachFileGoToOne() throws {
    try folder.write("broken\n{\"text\":\"a\"}\n", to: "in/part-2.jsonl")
    let tool = try run(
      "--input", folder.path("in"), "--output", folder.path("out"), "--on-bad-row", "skip",
      "--rejects", folder.path("bad"))
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(try names("bad") == Self.parts.map { $0 + ".jsonl" })
    #expect(try folder.read("bad/part-2.jsonl.jsonl").contains("\"raw\":\"broken\""))
    #expect(try folder.bytes("bad/part-1.jsonl.jsonl").isEmpty)
  }

  @Test func whatCannotBeIsRefused() throws {
    let input = folder.path("in")
    #expect(try run("--input", input).status == 2)
    #expect(try run("--input", "-", "--input", input, "--output", "x").status == 2)
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "empty"), withIntermediateDirectories: true)
    let empty = try run("--input", folder.path("empty"), "--output", folder.path("out"))
    #expect(empty.status == 2 && empty.errors.contains("has no files of texts"))
    let itself = try run("--input", input, "--output", input)
    #expect(itself.status == 1 && itself.errors.contains("is both the input and the output"))
    let file = try run("--input", input, "--output", folder.path("in/README.md"))
    #expect(file.status == 1 && file.errors.contains("several inputs go to a folder"))
    try folder.write("text\na\n", to: "in/part-1.csv")
    let same = try run(
      "--input", input, "--output", folder.path("out"), "--output-format", "jsonl")
    #expect(same.status == 1 && same.errors.contains("would both become"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    let missing = try run(
      "--input", folder.path("in/part-1.jsonl"), "--input", folder.path("none"), "--output",
      folder.path("out"))
    #expect(missing.status == 1 && missing.errors.contains("No such file"))
    #expect(
      try Tool("fit", "--input", input, "--input", "x", "--output", "y").status == 2)
  }
}
