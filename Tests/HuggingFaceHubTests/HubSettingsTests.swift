import Foundation
import TestSupport
import Testing

@testable import HuggingFaceHub

@Suite struct HubSettingsTests {
  /// What huggingface_hub makes of the environment (`Scripts/fixtures/hub_settings.py`).
  struct PythonTable: Decodable {
    struct Row: Decodable {
      let environment: [String: String]?
      /// Nil where it is that of no variables.
      let cache, tokenFile, token, userAgentOrigin, endpoint: String?
      let isOffline, usesSymbolicLinks, showsProgress: Bool?
      let metadataTimeout, timeout: Int?
    }

    let common: [String: String]
    /// The contents of the folder that is called `@`.
    let files: [String: String]
    let plain: Row
    let rows: [Row]
  }

  @Test func settingsAreThoseOfPython() throws {
    let file = fixturesFolder.appending(path: "hub/settings.json")
    let table = try JSONDecoder().decode(PythonTable.self, from: Data(contentsOf: file))
    #expect(table.rows.count > 200)
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in table.files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    /// The same file has the same path; the rest of what differs is left as it is.
    func path(_ text: String) -> String {
      let full = text.hasPrefix("/") ? text : FileManager.default.currentDirectoryPath + "/" + text
      return full.split(separator: "/").reduce(into: [Substring]()) { parts, part in
        if part == ".." { parts.removeLast() } else if part != "." { parts.append(part) }
      }.joined(separator: "/")
    }
    func named(_ text: String) -> String { text.replacing("@", with: folder.path) }
    let plain = table.plain
    for row in table.rows {
      let variables = try #require(row.environment)
      let settings = HubSettings(
        environment: table.common.merging(variables.mapValues(named)) { $1 })
      let comment = Comment(rawValue: "\(variables)")
      let cache = try #require(row.cache ?? plain.cache)
      let tokenFile = try #require(row.tokenFile ?? plain.tokenFile)
      #expect(path(settings.cacheFolder.path) == path(named(cache)), comment)
      #expect(path(settings.tokenFile.path) == path(named(tokenFile)), comment)
      #expect(settings.token == row.token ?? plain.token, comment)
      #expect(settings.isOffline == row.isOffline ?? plain.isOffline, comment)
      #expect(
        settings.metadataTimeout
          == (row.metadataTimeout ?? plain.metadataTimeout).map(Duration.seconds), comment)
      #expect(settings.timeout == (row.timeout ?? plain.timeout).map(Duration.seconds), comment)
      #expect(
        settings.usesSymbolicLinks == row.usesSymbolicLinks ?? plain.usesSymbolicLinks, comment)
      #expect(settings.showsProgress == row.showsProgress ?? plain.showsProgress, comment)
      #expect(settings.userAgentOrigin == row.userAgentOrigin ?? plain.userAgentOrigin, comment)
      #expect(settings.endpoint == row.endpoint ?? plain.endpoint, comment)
    }
  }

  @Test func foldersOfOtherUsers() throws {
    let root = try #require(NSHomeDirectoryForUser("root"))
    let paths = EnvironmentPaths(environment: ["HOME": "/h"])
    #expect(paths.expand("~root/x") == root + "/x")
    #expect(paths.expand("~no-such-user/x") == "~no-such-user/x")
    #expect(EnvironmentPaths(environment: ["HOME": "/"]).expand("~") == "/")
  }

  @Test(arguments: ["99999999999999999999", "9223372036854775807", "86401", "-1", "ten"])
  func timeoutsThatAreNone(_ text: String) {
    let settings = HubSettings(environment: [
      "HF_HUB_DOWNLOAD_TIMEOUT": text, "HF_HUB_ETAG_TIMEOUT": text,
    ])
    #expect((.seconds(1) ... .seconds(86_400)).contains(settings.timeout))
    #expect(settings.metadataTimeout == settings.timeout)
  }

  @Test(arguments: ["", "mirror", "ftp://mirror", "http://", "http://m?x=1", "http://a b"])
  func anEndpointThatIsNone(_ endpoint: String) async throws {
    var settings = HubSettings(environment: ["HOME": "/nowhere"])
    settings.endpoint = endpoint
    await #expect(throws: HubError.invalidEndpoint(endpoint)) {
      try await ModelHub(settings: settings).snapshot(of: ModelReference("a/b")!)
    }
  }
}
