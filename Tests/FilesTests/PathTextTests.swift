import Files
import Foundation
import TestSupport
import Testing

@Suite struct PathTextTests {
  @Test func pathsAreBytesAndNoTwoOfThemAreOne() {
    for bytes in [
      Array("caf\u{E9}".utf8), [0x63, 0xE9], [0x63, 0xE8], [0xC3, 0xA9, 0xC3], [0xED, 0xA0, 0x80],
      Array(UInt8(1)...255),
    ] as [[UInt8]] {
      #expect(PathText.bytes(of: PathText.encoded(bytes)) == bytes)
    }
    #expect(PathText.encoded(Array("caf\u{E9}".utf8)) == "caf\u{E9}")
    #expect(PathText.shown(PathText.encoded([0x63, 0xE9, 0x2E])) == #"c\xE9."#)
  }

  #if os(Linux)
    @Test func filesAreFoundByNamesThatAreNoText() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("") + PathText.encoded([0x63, 0xE9])
      let other = folder.path("") + PathText.encoded([0x63, 0xE8])
      try Replacement.write([1, 2, 3], to: path)
      #expect(try FileSystem.contents(of: path, limit: 10) == [1, 2, 3])
      #expect(throws: SystemFailure(code: ENOENT)) { try FileStatus(of: other) }
      try FileSystem.move(path, to: other)
      #expect(throws: SystemFailure(code: ENOENT)) { try FileStatus(of: path) }
      #expect(FileSystem.resolved(other) == other)
      FileSystem.remove(other)
      #expect(FileSystem.resolved(other) == nil)
    }
  #endif
}
