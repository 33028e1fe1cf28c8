import Foundation
import TestSupport
import Testing

@testable import HuggingFaceHub

@Suite struct ModelReferenceTests {
  @Test(arguments: [
    ("ultraleow/cloud4bert", "ultraleow/cloud4bert", "main"),
    ("bert-base-uncased", "bert-base-uncased", "main"),
    ("google-bert/bert-base-uncased@v1.0", "google-bert/bert-base-uncased", "v1.0"),
    ("a/b@refs/pr/1", "a/b", "refs/pr/1"),
    (
      "A_1.x/y-z@0123456789abcdef0123456789abcdef01234567", "A_1.x/y-z",
      "0123456789abcdef0123456789abcdef01234567"
    ),
  ])
  func names(_ text: String, _ repository: String, _ revision: String) throws {
    let model = try #require(ModelReference(text))
    #expect(model.repository == repository)
    #expect(model.revision == revision)
    #expect(ModelReference(model.description) == model)
  }

  @Test(arguments: [
    "", "/", "a/", "/a", "a/b/c", "./a", "../a", "a/..", "a..b/c", "a--b/c", "-a/b", "a-/b", "a/b.",
    "a/b.git", "a b/c", "a/b@", "a/b@@", "a/b@../x", "a/b@x/../y", "a/b@/x", "a/b@x/", "a/b@.x",
    "a/b@x.lock", "ä/b", "a/b?c", "a\\b", "a/b\n", "~/a", String(repeating: "a", count: 97),
  ])
  func otherTexts(_ text: String) {
    #expect(ModelReference(text) == nil)
  }

  @Test func aRevisionComesOnce() {
    #expect(ModelReference("a/b", revision: "x")?.revision == "x")
    #expect(ModelReference("a/b@y", revision: "x") == nil)
  }

  @Test func aFolderWinsOverAName() throws {
    let folder = FileManager.default.temporaryDirectory
    #expect(try ModelLocation(folder.path) == .folder(URL(filePath: folder.path)))
    #expect(try ModelLocation("no-such/folder") == .hub(ModelReference("no-such/folder")!))
    #expect(try ModelLocation("./no-such") == .folder(URL(filePath: "./no-such")))
    #expect(try ModelLocation("/no/such/folder") == .folder(URL(filePath: "/no/such/folder")))
    #expect(try ModelLocation("file:///no/such") == .folder(URL(filePath: "/no/such")))
  }

  /// What huggingface_hub makes of an address (`Scripts/fixtures/hub_settings.py`).
  struct PythonAddress: Decodable {
    let address: String
    let type: String?
    let repository: String?
    let revision: String?
  }

  @Test func addressesAreReadAsPythonDoes() throws {
    let file = fixturesFolder.appending(path: "hub/addresses.json")
    let cases = try JSONDecoder().decode([PythonAddress].self, from: Data(contentsOf: file))
    #expect(cases.count > 30)
    for expected in cases {
      let comment = Comment(rawValue: expected.address)
      if expected.type == "model", let name = expected.repository {
        let model = try #require(ModelReference(name, revision: expected.revision), comment)
        #expect(try ModelLocation(expected.address) == .hub(model), comment)
      } else {
        let error = thrownError(HubError.self) { try ModelLocation(expected.address) }
        guard case .notAModelAddress? = error else {
          Issue.record("\(expected.address): \(String(describing: error))")
          continue
        }
      }
    }
  }

  /// Beyond what Python takes.
  @Test(arguments: [
    ("org/name/", "org/name"), ("org/name:v1.0", "org/name@v1.0"), ("name:v1.0", "name@v1.0"),
    ("org/name/tree/main", "org/name"), ("org/name/blob/v1/config.json", "org/name@v1"),
    ("https://huggingface.co/bert-base-uncased", "bert-base-uncased"),
    ("https://user:secret@huggingface.co/org/name.git", "org/name"),
    ("https://www.huggingface.co/org/name/commit/v1", "org/name@v1"),
    (" https://huggingface.co/org/name\n", "org/name"),
    ("http://mirror:8080/hub/org/name/tree/v1", "org/name@v1"),
    ("git@hf.co:org/name", "org/name"), ("git@huggingface.co:org/name.git", "org/name"),
    ("ssh://git@hf.co/org/name.git", "org/name"),
  ])
  func nearNames(_ text: String, _ expected: String) throws {
    let model = try #require(ModelReference(expected))
    #expect(try ModelLocation(text, endpoint: "http://mirror:8080/hub") == .hub(model))
  }

  @Test(arguments: [
    ("https://huggingface.co/org/name/tree/main/onnx", "folder within"),
    ("https://github.com/org/name", "another host"),
    ("https://huggingface.co/datasets/org/name", "data set"),
    ("git@hf.co:datasets/org/name", "data set"), ("git@github.com:org/name", "another host"),
    ("https://user:secret@example.org/org/name", "'https://example.org/org/name'"),
    ("s3://bucket/name", "unknown kind"),
  ])
  func addressesOfOtherThings(_ text: String, _ words: String) throws {
    let error = try #require(thrownError(HubError.self) { try ModelLocation(text) })
    #expect("\(error)".contains(words))
    #expect("\(error)".contains("write organisation/name"))
  }
}
