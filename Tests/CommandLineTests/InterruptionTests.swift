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

  @Test func leavesWholeRows() async throws {
    let folder = try TemporaryFolder()
    let output = folder.url.appending(path: "out.txt")
    // Without an end, so that the job cannot be done before the signal comes. `exec` makes the shell
    // into the program, so that the signal reaches it.
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c",
      """
      exec '\(Tool.executable.path)' classify --model '\(tinyModel())' --input - --format txt \
        --output '\(output.path)' < <(seq 1 1000000000)
      """,
    ]
    try process.run()
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
