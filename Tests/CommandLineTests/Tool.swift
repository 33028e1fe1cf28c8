import Foundation
import TestSupport

/// Runs the built `cloud4bert` as a shell would.
struct Tool: Sendable {
  let status: Int32
  let output: String
  let errors: String

  /// Beside the test bundle, where SwiftPM puts both.
  static let executable: URL = {
    #if os(Linux)
      let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    #else
      let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }!.bundleURL
    #endif
    return tests.deletingLastPathComponent().appending(path: "cloud4bert")
  }()

  @discardableResult
  init(_ arguments: String..., input: String? = nil, environment: [String: String] = [:]) throws {
    try self.init(arguments, input: input.map { Data($0.utf8) }, environment: environment)
  }

  init(_ arguments: [String], input: Data?, environment: [String: String] = [:]) throws {
    let folder = try TemporaryFolder()
    let (outputFile, errorFile) = (
      folder.url.appending(path: "out"), folder.url.appending(path: "err")
    )
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes: nothing can block on a full one.
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    if let input {
      let inputFile = folder.url.appending(path: "in")
      try input.write(to: inputFile)
      process.standardInput = try FileHandle(forReadingFrom: inputFile)
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    try process.run()
    process.waitUntilExit()
    status =
      process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    output = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
  }

  var outputLines: [String] { output.split(separator: "\n").map(String.init) }
}

extension TemporaryFolder {
  /// A copy of a tiny model, to be damaged.
  func model(_ fixture: String = "bert-safetensors") throws -> URL {
    let folder = url.appending(path: "model-\(UUID().uuidString)")
    try FileManager.default.copyItem(
      at: fixturesFolder.appending(path: "checkpoints/\(fixture)"), to: folder)
    return folder
  }

  /// A copy of a tiny model with another config.json; its path.
  func model(
    _ fixture: String = "bert-safetensors", configuredBy change: (inout [String: Any]) -> Void
  )
    throws -> String
  {
    let folder = try model(fixture)
    let file = folder.appending(path: "config.json")
    var configuration =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    change(&configuration)
    try JSONSerialization.data(withJSONObject: configuration).write(to: file)
    return folder.path
  }
}

/// The path of a tiny model.
func tinyModel(_ name: String = "bert-safetensors") -> String {
  fixturesFolder.appending(path: "checkpoints/\(name)").path
}
