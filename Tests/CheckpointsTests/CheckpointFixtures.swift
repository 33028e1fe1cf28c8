import Testing

@testable import Checkpoints

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
