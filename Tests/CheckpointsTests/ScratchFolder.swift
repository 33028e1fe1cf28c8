import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// A folder of its own for a test, removed at its end.
final class ScratchFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "CheckpointsTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ bytes: [UInt8], to name: String) throws {
    // Not `Data.write`, which waits for the disk: mutation tests write many thousands of files.
    guard let file = fopen(url.appending(path: name).path, "wb") else {
      throw CocoaError(.fileWriteUnknown)
    }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw CocoaError(.fileWriteUnknown) }
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// The bytes as a mapped file. Each call takes the place of the file before.
  func map(_ bytes: [UInt8]) throws -> MappedFile {
    // Removed, not overwritten: ext4 waits for the disk when a file is cut to nothing and refilled.
    try? FileManager.default.removeItem(at: url.appending(path: "file"))
    try write(bytes, to: "file")
    return try MappedFile(path: url.appending(path: "file").path)
  }
}

let checkpointFixtures = fixturesFolder.appending(path: "checkpoints")

func fixture(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: checkpointFixtures.appending(path: path)))
}

/// The error that `body` throws, where it throws one of ours.
func checkpointError(_ body: () throws -> Void) -> CheckpointError? {
  do {
    try body()
    return nil
  } catch {
    return error as? CheckpointError
  }
}

/// Expects `read` to refuse each of the named files with an error that holds the words given.
func expectProblems(
  with files: [(name: String, bytes: [UInt8], problem: String)],
  location: SourceLocation = #_sourceLocation, _ read: ([UInt8]) throws -> Void
) {
  for (name, bytes, problem) in files {
    let error = checkpointError { try read(bytes) }
    #expect(
      error?.problem.contains(problem) == true, "\(name): \(error?.description ?? "no error")",
      sourceLocation: location)
  }
}
