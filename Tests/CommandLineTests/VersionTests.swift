import Foundation
import TestSupport
import Testing

/// The changelog, the scripts that make packages, and the program itself tell one version.
@Suite struct VersionTests {
  private let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test func theProgramTellsTheLatestReleaseOfTheChangelog() throws {
    let changelog = try String(contentsOf: root.appending(path: "CHANGELOG.md"), encoding: .utf8)
    let headings = changelog.split(separator: "\n").filter { $0.hasPrefix("## ") }
    #expect(headings.first == "## Unreleased")
    let heading = try #require(headings.dropFirst().first)
    let release = heading.dropFirst(3).split(separator: " ")
    #expect(try Tool("--version").output == "\(release[0])\n")
    #expect(release[0].split(separator: ".").compactMap { Int($0) }.count == 3)
  }

  @Test func theScriptsReadTheProgramsVersion() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c", ". \"$0\"; package_version", root.appending(path: "Scripts/setup.sh").path,
    ]
    process.currentDirectoryURL = URL(filePath: "/")
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try #require(try pipe.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let version = try Tool("--version").output
    #expect(String(decoding: output, as: UTF8.self) == version)
  }
}
