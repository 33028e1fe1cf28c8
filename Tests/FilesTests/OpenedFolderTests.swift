import Files
import Foundation
import TestSupport
import Testing

@Suite struct OpenedFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, to name: String) throws {
    let file = folder.url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  @Test func aFileIsReadOnce() throws {
    try write("old", to: "a")
    try write("inner", to: "1_Pooling/a")
    let opened = OpenedFolder(folder.url)
    let inner = opened.folder("1_Pooling")
    #expect(opened.folder("") == opened && inner.path(of: "a").hasSuffix("/1_Pooling/a"))
    #expect(try opened.bytes(of: "a") == Array("old".utf8))
    #expect(try opened.bytes(of: "b") == nil)
    #expect(try inner.bytes(of: "a") == Array("inner".utf8))
    try write("new", to: "a")
    try write("new", to: "b")
    try FileManager.default.removeItem(at: inner.url)
    #expect(try opened.bytes(of: "a") == Array("old".utf8))
    #expect(try opened.bytes(of: "b") == nil)
    #expect(try opened.folder("1_Pooling").bytes(of: "a") == Array("inner".utf8))
    #expect(try OpenedFolder(folder.url).bytes(of: "a") == Array("new".utf8))
  }

  @Test func aFileIsMappedOnce() throws {
    try write("weights", to: "a")
    let opened = OpenedFolder(folder.url)
    let file = try opened.mapped("a")
    try FileManager.default.removeItem(atPath: opened.path(of: "a"))
    #expect(try opened.mapped("a") === file)
  }

  @Test func whatCannotBeRead() throws {
    try write("", to: "empty")
    let opened = OpenedFolder(folder.url.deletingLastPathComponent())
    #expect(try OpenedFolder(folder.url).bytes(of: "empty") == [])
    let error = thrownError(FileError.self) { try opened.bytes(of: folder.url.lastPathComponent) }
    #expect(error?.kind == .notAFile)
    #expect(thrownError(FileError.self) { try opened.mapped("no such file") }?.kind == .missing)
  }
}
