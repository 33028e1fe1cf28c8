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
    let rows = (0..<400_000).map { "\($0),some words of text \($0)" }.joined(separator: "\n")
    let input = try folder.write("id,text\n" + rows + "\n", to: "in.csv")
    let output = folder.url.appending(path: "out.csv")
    let process = try start(
      ["classify", "--model", tinyModel(), "--input", input, "--output", output.path])
    // Once some rows are out, it is in the middle of its work.
    while ((try? Data(contentsOf: output).count) ?? 0) < 1000, process.isRunning {
      try await Task.sleep(for: .milliseconds(20))
    }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    let written = try folder.read("out.csv")
    #expect(written.hasSuffix("\n"))
    let lines = written.split(separator: "\n").dropFirst()
    #expect(lines.count < 400_000)
    for (index, line) in lines.enumerated() {
      #expect(line.hasPrefix("\(index),some words of text \(index),"))
      #expect(line.split(separator: ",").count == 4)
    }
  }

  @Test func anEvaluationLeavesNoFiguresOfAPart() throws {
    let (rows, shown) = (Pipe(), Pipe())
    let process = try start(
      ["evaluate", "--model", tinyModel(), "--input", "-", "--format", "csv"], input: rows,
      output: shown)
    // More than a pipe holds: once it is written, rows were read.
    let text = "text,label\n" + String(repeating: "a b c,1\n", count: 40_000)
    try rows.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 130)
    try shown.fileHandleForWriting.close()
    #expect(shown.fileHandleForReading.availableData.isEmpty)
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
