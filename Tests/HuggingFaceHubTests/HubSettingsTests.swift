import Foundation
import TestSupport
import Testing

@testable import HuggingFaceHub

@Suite struct HubSettingsTests {
  /// What huggingface_hub makes of the environment (`Scripts/fixtures/hub_settings.py`).
  struct PythonSettings: Decodable {
    let environment: [String: String]
    let cache: String
    let tokenFile: String
    let isOffline: Bool
    let metadataTimeout: Int
    let timeout: Int
    let usesSymbolicLinks: Bool
    let showsProgress: Bool
    let userAgentOrigin: String?
    let endpoint: String
  }

  @Test func settingsAreThoseOfPython() throws {
    let file = fixturesFolder.appending(path: "hub/settings.json")
    let cases = try JSONDecoder().decode([PythonSettings].self, from: Data(contentsOf: file))
    #expect(cases.count > 40)
    func path(_ text: String) -> String { URL(filePath: text).standardizedFileURL.path }
    for expected in cases {
      let settings = HubSettings(environment: expected.environment)
      let comment = Comment(rawValue: "\(expected.environment)")
      #expect(path(settings.cacheFolder.path) == path(expected.cache), comment)
      #expect(path(settings.tokenFile.path) == path(expected.tokenFile), comment)
      #expect(settings.isOffline == expected.isOffline, comment)
      #expect(settings.metadataTimeout == .seconds(expected.metadataTimeout), comment)
      #expect(settings.timeout == .seconds(expected.timeout), comment)
      #expect(settings.usesSymbolicLinks == expected.usesSymbolicLinks, comment)
      #expect(settings.showsProgress == expected.showsProgress, comment)
      #expect(settings.userAgentOrigin == expected.userAgentOrigin, comment)
      #expect(settings.endpoint == expected.endpoint, comment)
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

  @Test(arguments: [
    (["HOME": "/h"], "/h/.cache/huggingface/hub"),
    (["HOME": "/h", "XDG_CACHE_HOME": "/x"], "/x/huggingface/hub"),
    (["HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "/y"], "/y/hub"),
    (["HOME": "/h", "HF_HOME": "~/y"], "/h/y/hub"),
    (["HOME": "/h", "HF_HOME": "/y", "HF_HUB_CACHE": "/z"], "/z"),
    (["HOME": "/h", "HF_HOME": "", "HF_HUB_CACHE": ""], "/h/.cache/huggingface/hub"),
  ])
  func cacheFolder(_ environment: [String: String], _ expected: String) {
    #expect(HubSettings(environment: environment).cacheFolder.path == expected)
  }

  @Test func token() throws {
    let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    #expect(HubSettings(environment: ["HF_HOME": home.path]).token == nil)
    try "hf_file\n".write(to: home.appending(path: "token"), atomically: true, encoding: .utf8)
    try "hf_other".write(to: home.appending(path: "other"), atomically: true, encoding: .utf8)
    var environment = ["HF_HOME": home.path]
    #expect(HubSettings(environment: environment).token == "hf_file")
    environment["HF_TOKEN_PATH"] = home.appending(path: "other").path
    #expect(HubSettings(environment: environment).token == "hf_other")
    environment["HF_TOKEN"] = " hf_variable\n"
    #expect(HubSettings(environment: environment).token == "hf_variable")
    environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
    #expect(HubSettings(environment: environment).token == nil)
  }

  @Test func otherSettings() {
    let plain = HubSettings(environment: [:])
    #expect(plain.endpoint == "https://huggingface.co")
    #expect(!plain.isOffline)
    #expect(plain.timeout == .seconds(10))
    let set = HubSettings(environment: [
      "HF_ENDPOINT": "http://mirror", "HF_HUB_OFFLINE": "true", "HF_HUB_DOWNLOAD_TIMEOUT": "30",
    ])
    #expect(set.endpoint == "http://mirror")
    #expect(set.isOffline)
    #expect(set.timeout == .seconds(30))
    #expect(!HubSettings(environment: ["HF_HUB_OFFLINE": "0"]).isOffline)
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
