import Foundation
import TestSupport
import Testing

@Suite struct PullTests {
  private static let weights = fixturesFolder.appending(
    path: "checkpoints/bert-safetensors/model.safetensors")

  private func server(
    fault: @escaping @Sendable (HubServer.Request, Int) -> HubServer.Fault? = { _, _ in nil }
  ) throws -> HubServer {
    try HubServer(["tiny/model": URL(filePath: tinyModel())], fault: fault)
  }

  private func run(
    _ server: HubServer, _ cache: TemporaryFolder, _ arguments: String...,
    environment: [String: String] = [:]
  ) throws -> Tool {
    try Tool(
      arguments, input: nil,
      environment: [
        "HF_ENDPOINT": server.endpoint, "HF_HOME": cache.url.path,
        "HF_HUB_CACHE": cache.url.appending(path: "hub").path,
        "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "",
      ].merging(environment) { $1 })
  }

  @Test func printsTheFolder() throws {
    let (server, cache) = (try server(), try TemporaryFolder())
    defer { server.stop() }
    let tool = try run(server, cache, "pull", "tiny/model", "tiny/model@main")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(tool.errors == "")
    let folder = cache.url.appending(
      path: "hub/models--tiny--model/snapshots/\(HubServer.commit)"
    ).path
    #expect(tool.outputLines == [folder, folder])
    #expect(
      try Data(contentsOf: URL(filePath: "\(folder)/model.safetensors"))
        == Data(contentsOf: Self.weights))
    let revision = try run(server, cache, "pull", "tiny/model", "--revision", HubServer.commit)
    #expect(revision.outputLines == [folder])
  }

  @Test func everyCommandTakesNames() throws {
    let (server, cache) = (try server(), try TemporaryFolder())
    defer { server.stop() }
    for arguments in [["classify", "x"], ["tokenize", "x"], ["info"]] {
      func run(_ model: String, _ environment: [String: String] = [:]) throws -> Tool {
        try Tool(
          arguments + ["--model", model], input: nil,
          environment: [
            "HF_ENDPOINT": server.endpoint, "HF_HOME": cache.url.path,
            "HF_HUB_CACHE": cache.url.appending(path: "hub").path,
            "HF_HUB_OFFLINE": "",
          ].merging(environment) { $1 })
      }
      let byFolder = try run(tinyModel())
      let byName = try run("tiny/model")
      let offline = try run("tiny/model@main", ["HF_HUB_OFFLINE": "1"])
      #expect(byName.status == 0, "\(byName.errors)")
      #expect(offline.output == byName.output)
      if arguments[0] != "info" { #expect(byName.output == byFolder.output) }
    }
  }

  @Test func twoProgramsAtOnceFetchEachFileOnce() async throws {
    let server = try server { request, _ in
      request.isStorage ? .trickle(bytes: 3000, pause: 0.05) : nil
    }
    let cache = try TemporaryFolder()
    defer { server.stop() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          let tool = try run(server, cache, "pull", "tiny/model")
          #expect(tool.status == 0, "\(tool.errors)")
        }
      }
      try await group.waitForAll()
    }
    #expect(server.requests.count { $0.isStorage } == 1)
  }

  @Test func aKilledProgramIsContinued() async throws {
    let server = try server { request, before in
      request.isStorage && before == 0 ? .stall(after: 12_000) : nil
    }
    let cache = try TemporaryFolder()
    defer { server.stop() }
    let process = Process()
    process.executableURL = Tool.executable
    process.arguments = ["pull", "tiny/model"]
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "HF_ENDPOINT": server.endpoint, "HF_HOME": cache.url.path,
        "HF_HUB_CACHE": cache.url.appending(path: "hub").path,
      ]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while !server.requests.contains(where: \.isStorage), process.isRunning {
      try await Task.sleep(for: .milliseconds(20))
    }
    try await Task.sleep(for: .milliseconds(300))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let tool = try run(server, cache, "pull", "tiny/model")
    #expect(tool.status == 0, "\(tool.errors)")
    #expect(server.requests.last { $0.isStorage }?.headers["range"] == "bytes=12000-")
  }

  @Test func faultsAreOneLine() throws {
    let (server, cache) = (try server(), try TemporaryFolder())
    defer { server.stop() }
    for (arguments, environment, words) in [
      (["pull", "no/model"], [:], ["no/model", server.endpoint]),
      (["classify", "x", "--model", "no/model"], [:], ["no folder no/model", server.endpoint]),
      (["pull", "tiny/model"], ["HF_HUB_OFFLINE": "1"], ["tiny/model", "HF_HUB_OFFLINE"]),
      (["pull", "tiny/model"], ["HF_ENDPOINT": "nonsense"], ["HF_ENDPOINT", "nonsense"]),
      (["classify", "x", "--model", "./no/model"], [:], ["no/model", "no such"]),
    ] as [([String], [String: String], [String])] {
      let tool = try Tool(
        arguments, input: nil,
        environment: ["HF_ENDPOINT": server.endpoint, "HF_HOME": cache.url.path]
          .merging(environment) { $1 })
      #expect(tool.status == 1, "\(arguments)")
      #expect(tool.output == "")
      #expect(tool.errors.split(separator: "\n").count == 1, "\(tool.errors)")
      for word in words { #expect(tool.errors.contains(word), "\(tool.errors)") }
    }
    for arguments in [["pull"], ["pull", "a/b/c"], ["pull", "a/b@x", "--revision", "y"]] {
      #expect(try Tool(arguments, input: nil).status == 2, "\(arguments)")
    }
  }

  @Test func anOldAnswerIsUsedWithANote() throws {
    let (up, cache) = (try server(), try TemporaryFolder())
    defer { up.stop() }
    #expect(try run(up, cache, "pull", "tiny/model").status == 0)
    let down = try server { _, _ in .status(503) }
    defer { down.stop() }
    let tool = try run(down, cache, "classify", "x", "--model", "tiny/model")
    #expect(tool.status == 0)
    #expect(tool.outputLines.count == 1)
    #expect(tool.errors.contains("tiny/model") && tool.errors.contains("503"), "\(tool.errors)")
    #expect(tool.errors.split(separator: "\n").count == 1)
    let quiet = try run(down, cache, "pull", "tiny/model", "--quiet")
    #expect(quiet.status == 0 && quiet.errors == "" && quiet.outputLines.count == 1)
  }
}
