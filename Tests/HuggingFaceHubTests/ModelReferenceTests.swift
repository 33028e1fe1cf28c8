import Foundation
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
    #expect(ModelLocation(folder.path) == .folder(URL(filePath: folder.path)))
    #expect(ModelLocation("no-such/folder") == .hub(ModelReference("no-such/folder")!))
    #expect(ModelLocation("./no-such") == .folder(URL(filePath: "./no-such")))
    #expect(ModelLocation("/no/such/folder") == .folder(URL(filePath: "/no/such/folder")))
  }
}
