public import Foundation

/// The folder `Tests/Fixtures`, found from this source file so that tests run from any directory.
public let fixturesFolder = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

/// The root of the repository.
public let repositoryFolder = fixturesFolder.deletingLastPathComponent().deletingLastPathComponent()
