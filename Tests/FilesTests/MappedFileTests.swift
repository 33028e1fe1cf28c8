import Files
import Foundation
import TestSupport
import Testing

@Suite struct MappedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func readsLittleEndianAtAnyOffset() throws {
    let file = try folder.map([1, 2, 3, 4, 5, 6, 7, 8, 0xFF])
    #expect(file.count == 9)
    #expect(file[0] == 1)
    #expect(file[8] == 0xFF)
    #expect(file.load(as: UInt64.self, at: 1) == 0xFF08_0706_0504_0302)
    #expect(file.load(as: UInt32.self, at: 3) == 0x0706_0504)
    #expect(file.load(as: UInt16.self, at: 7) == 0xFF08)
    #expect(file.bytes(in: 2..<5) == [3, 4, 5])
    #expect(file.bytes(in: 9..<9) == [])
    #expect(file.withUnsafeBytes(in: 0..<9) { $0.reduce(0) { $0 + Int($1) } } == 291)
    #expect(file.unsafeBaseAddress.load(fromByteOffset: 8, as: UInt8.self) == 0xFF)
  }

  @Test func rangesStayInsideTheFile() throws {
    let file = try folder.map([1, 2, 3])
    #expect(file.range(at: 0, count: 3) == 0..<3)
    #expect(file.range(at: 3, count: 0) == 3..<3)
    for (offset, count) in [
      (0, 4), (3, 1), (4, 0), (-1, 1), (0, -1), (1, .max), (.max, 1), (.max, .max), (.min, .min),
    ] {
      #expect(file.range(at: offset, count: count) == nil, "\(offset), \(count)")
    }
  }

  @Test func saysWhyAFileCannotBeMapped() throws {
    func error(_ path: String) -> FileError? {
      do throws(FileError) {
        _ = try MappedFile(path: path)
        return nil
      } catch {
        return error
      }
    }
    let missing = folder.url.appending(path: "none").path
    #expect(error(missing)?.kind == .missing)
    #expect(error(missing)?.description == "\(missing): No such file or directory")
    #expect(error(folder.url.path)?.kind == .notAFile)
    #expect(error("/dev/null")?.kind == .notAFile)
    try folder.write("", to: "empty")
    #expect(error(folder.url.appending(path: "empty").path)?.kind == .empty)
    try folder.write("x", to: "plain")
    #expect(error(folder.url.appending(path: "plain/inside").path)?.kind == .missing)
    let pipe = folder.url.appending(path: "pipe").path
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(error(pipe)?.kind == .notAFile)
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "loop"), withDestinationURL: folder.url.appending(path: "loop")
    )
    #expect(error(folder.url.appending(path: "loop").path)?.kind == .unreadable)
  }
}
