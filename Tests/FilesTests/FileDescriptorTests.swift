import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileDescriptorTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func readsAndWritesInOrderAndAnywhere() throws {
    let file = try FileDescriptor(opening: folder.path("file"), for: .both, .createNew)
    defer { try? file.close() }
    try file.writeAll(Array("0123456789".utf8))
    try file.writeAll(Array("ab".utf8), at: 4)
    try file.writeAll(Array("!".utf8))
    #expect(try folder.read("file") == "0123ab6789!")
    var bytes = [UInt8](repeating: 0, count: 6)
    #expect(try file.read(into: &bytes, behind: 2, at: 8) == 3)
    #expect(bytes == [0, 0] + Array("89!".utf8) + [0])
    try file.truncate(to: 4)
    #expect(try file.position() == 4)
    try file.writeAll(Array("x".utf8))
    #expect(try folder.read("file") == "0123x")
    #expect(try file.seekToEnd() == 5)
    #expect(try file.read(into: &bytes) == 0)
    let status = try file.status()
    #expect(status.kind == .regular && status.size == 5 && status.linkCount == 1)
    #expect(try FileStatus(of: folder.path("file")).identity == status.identity)
    FileSystem.remove(folder.path("file"))
    #expect(try file.status().linkCount == 0)
  }

  @Test func saysWhyAFileCannotBeOpened() throws {
    try folder.write("", to: "file")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "link"), withDestinationURL: folder.url.appending(path: "file")
    )
    func failure(_ name: String, _ options: FileDescriptor.Options) -> Int32? {
      thrownError(SystemFailure.self) {
        try FileDescriptor(opening: folder.path(name), for: .reading, options).close()
      }?.code
    }
    #expect(failure("file", []) == nil)
    #expect(failure("file", .createNew) == EEXIST)
    #expect(failure("file", .folder) == ENOTDIR)
    #expect(failure("link", .noLink) == ELOOP)
    #expect(failure("none", []) == ENOENT)
    #expect(failure("file/inside", []) == ENOTDIR)
    #expect(SystemFailure(code: ENOENT).reason == "No such file or directory")
  }

  @Test func aLockIsHeldOnce() throws {
    func open() throws -> FileDescriptor {
      try FileDescriptor(opening: folder.path("lock"), for: .both, .create)
    }
    let (first, second) = (try open(), try open())
    #expect(try first.lock())
    #expect(try !second.lock())
    try first.close()
    #expect(try second.lock())
    try second.close()
  }

  @Test func readsWholeFilesUpToALimit() throws {
    let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
    try folder.write(bytes, to: "file")
    let path = folder.path("file")
    #expect(try FileSystem.contents(of: path, limit: 1 << 20) == bytes)
    #expect(try FileSystem.contents(of: path, limit: 20_000) == bytes)
    #expect(try FileSystem.contents(of: path, limit: 5000) == Array(bytes[..<5000]))
    #expect(throws: SystemFailure(code: EISDIR)) {
      try FileSystem.contents(of: folder.url.path, limit: 10)
    }
    #if os(Linux)
      // It has no size before it is read.
      let maps = try FileSystem.contents(of: "/proc/self/maps", limit: 1 << 24)
      #expect(maps.count > 4096 && maps.last == UInt8(ascii: "\n"))
    #endif
  }
}
