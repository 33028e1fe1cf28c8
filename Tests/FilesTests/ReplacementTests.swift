import Files
import Foundation
import TestSupport
import Testing

@Suite struct ReplacementTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder(["file": Array("old".utf8)]) }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() }
  }

  private func permissions(_ name: String) throws -> UInt16 {
    var status = stat()
    #expect(stat(folder.path(name), &status) == 0)
    return UInt16(status.st_mode & 0o7777)
  }

  @Test(arguments: [false, true]) func takesThePlaceInOneStep(hasName: Bool) throws {
    chmod(folder.path("file"), 0o640)
    let link = folder.url.appending(path: "link")
    try FileManager.default.createSymbolicLink(
      at: link, withDestinationURL: folder.url.appending(path: "file"))
    let replacement = try Replacement(of: link.path, hasName: hasName)
    try replacement.file.writeAll(Array("new".utf8))
    #expect(try folder.read("file") == "old")
    try replacement.commit()
    // Once is enough, and what is in place stays.
    try replacement.commit()
    replacement.abandon()
    #expect(try folder.read("file") == "new")
    #expect(try names == ["file", "link"])
    #expect(try permissions("file") == 0o640)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path).hasSuffix("/file"))
  }

  @Test(arguments: [false, true]) func leavesTheOldFileWhenAbandoned(hasName: Bool) throws {
    let replacement = try Replacement(of: folder.path("file"), hasName: hasName)
    try replacement.file.writeAll(Array("new".utf8))
    #expect(try names.count == (try replacement.file.status().linkCount == 0 ? 1 : 2))
    replacement.abandon()
    try replacement.commit()
    #expect(try folder.read("file") == "old")
    #expect(try names == ["file"])
  }

  @Test func twoAtATimeAreInNoOnesWay() throws {
    let replacements = try ["a", "b"].map { try Replacement(of: folder.path($0), hasName: true) }
    for (index, replacement) in replacements.enumerated() {
      try replacement.file.writeAll(Array("\(index)".utf8))
    }
    for replacement in replacements { try replacement.commit() }
    #expect(try [folder.read("a"), folder.read("b")] == ["0", "1"])
    #expect(try names == ["a", "b", "file"])
  }

  @Test func bytesTakeThePlaceOfAFileOrOfNone() throws {
    let mask = umask(0)
    umask(mask)
    try Replacement.write([1], to: folder.path("new"))
    try Replacement.write([2, 3], to: folder.path("file"))
    #expect(try folder.bytes("new") == [1])
    #expect(try permissions("new") == 0o666 & ~UInt16(mask))
    #expect(try folder.bytes("file") == [2, 3])
    #expect(try names == ["file", "new"])
    #expect(throws: SystemFailure(code: ENOENT)) {
      try Replacement.write([1], to: folder.path("none/new"))
    }
    // The name is taken by what no file can replace, which shows when the new one is whole.
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "folder"), withIntermediateDirectories: false)
    #expect(throws: SystemFailure(code: EISDIR)) {
      try Replacement.write([1], to: folder.path("folder"))
    }
    #expect(try names == ["file", "folder", "new"])
  }
}
