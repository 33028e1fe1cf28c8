import Foundation
import TestSupport
import Testing

@Suite struct InterruptionTests {
  private func start(_ arguments: [String], input: Any? = nil, output: Any? = nil) throws -> Process
  {
    let process = Process()
    process.executableURL = Tool.executable
    process.arguments = arguments
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// A job without an end, so that it cannot be done before a signal comes.
  private func startEndless(output: URL) throws -> Process {
    // `exec` makes the shell into the program, so that the signal reaches it.
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c",
      """
      exec '\(Tool.executable.path)' classify --model '\(tinyModel())' --input - --format txt \
        --output '\(output.path)' < <(seq 1 1000000000)
      """,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test func leavesWholeRows() async throws {
    let folder = try TemporaryFolder()
    let output = folder.url.appending(path: "out.txt")
    let process = try startEndless(output: output)
    // Once some rows are out, it is in the middle of its work.
    while ((try? Data(contentsOf: output).count) ?? 0) < 1000, process.isRunning {
      try await Task.sleep(for: .milliseconds(20))
    }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    let written = try folder.read("out.txt")
    #expect(written.hasSuffix("\n"))
    for (index, line) in written.split(separator: "\n").enumerated() {
      let fields = line.split(separator: "\t")
      #expect(fields.count == 3)
      #expect(fields.last == "\(index + 1)")
    }
  }

  #if os(Linux)
    /// Killed, the program cannot take anything away.
    @Test func killedLeavesTheOldFileAlone() async throws {
      let folder = try TemporaryFolder(["out.txt": Array("old\n".utf8)])
      let process = try startEndless(output: folder.url.appending(path: "out.txt"))
      let descriptors = URL(filePath: "/proc/\(process.processIdentifier)/fd")
      func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      }
      // Rows go to a file without a name, or, on file systems that have none, to one beside the old.
      func hasRows() -> Bool {
        let open = try? FileManager.default.contentsOfDirectory(atPath: descriptors.path)
        return (open ?? []).contains { descriptor in
          var status = stat()
          return stat(descriptors.appending(path: descriptor).path, &status) == 0
            && status.st_nlink == 0 && status.st_size > 1000
        }
      }
      while !hasRows(), try names() == ["out.txt"], process.isRunning {
        try await Task.sleep(for: .milliseconds(20))
      }
      let hasNameless = hasRows()
      #expect(process.isRunning)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(try folder.read("out.txt") == "old\n")
      if hasNameless { #expect(try names() == ["out.txt"]) }
    }
  #endif

  @Test func endsAWaitForInput() throws {
    let (typed, shown) = (Pipe(), Pipe())
    let process = try start(
      ["classify", "--model", tinyModel(), "--input", "-", "--format", "txt"], input: typed,
      output: shown)
    try typed.fileHandleForWriting.write(contentsOf: Data("one\n".utf8))
    // Its answer shows that it has done all there was to do.
    #expect(!shown.fileHandleForReading.availableData.isEmpty)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
  }

  @Test func answersATypedLineBeforeTheNextOne() throws {
    let (typed, shown) = (Pipe(), Pipe())
    let process = try start(
      ["classify", "--model", tinyModel(), "--input", "-", "--format", "txt"], input: typed,
      output: shown)
    for text in ["one", "two"] {
      try typed.fileHandleForWriting.write(contentsOf: Data("\(text)\n".utf8))
      // Blocks until there is an answer, with the input still open.
      let answer = String(decoding: shown.fileHandleForReading.availableData, as: UTF8.self)
      #expect(answer.hasSuffix("\t\(text)\n"))
    }
    try typed.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}
