import Files
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct ZipArchiveTests {
  let folder: TemporaryFolder
  private let entries: [(name: String, data: [UInt8])] = [
    ("archive/data.pkl", [1, 2, 3]), ("archive/data/0", Array(10..<30)), ("archive/empty", []),
  ]

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8]) throws -> ZipArchive {
    try ZipArchive(try folder.map(bytes))
  }

  private func expectEntries(_ bytes: [UInt8]) throws {
    let archive = try open(bytes)
    #expect(archive.entries.count == 3)
    for (name, data) in entries {
      #expect(archive.entries[name].map { archive.file.bytes(in: $0) } == data)
    }
  }

  @Test func readsStoredEntries() throws {
    try expectEntries(ZipWriter().archive(entries))
    #expect(try open(ZipWriter().archive([])).entries.isEmpty)
  }

  @Test func readsZip64() throws {
    try expectEntries(ZipWriter(usesZip64: true).archive(entries))
  }

  @Test func readsPastAComment() throws {
    // With the signature of an end record inside.
    let comment = littleEndian(0x0605_4B50, 4) + [UInt8](repeating: 7, count: 65000)
    try expectEntries(ZipWriter(comment: comment).archive(entries))
    try expectEntries(ZipWriter(usesZip64: true, comment: comment).archive(entries))
  }

  @Test(arguments: [
    (ZipWriter(method: 8), CheckpointError.Kind.unsupported, "compressed"),
    (ZipWriter(flags: 1), .unsupported, "encrypted"),
    (ZipWriter(sizeError: 1000), .malformed, "reach past"),
    (ZipWriter(usesZip64: true, sizeError: 1000), .malformed, "reach past"),
    (ZipWriter(usesZip64: true, sizeError: -4), .malformed, "damaged zip header"),
    (ZipWriter(usesZip64: true, sizeError: .max - 20), .malformed, "reach past"),
    (ZipWriter(localName: "archive/data/1"), .malformed, "another name"),
  ])
  func refuses(writer: ZipWriter, kind: CheckpointError.Kind, problem: String) {
    let error = checkpointError { _ = try open(writer.archive([entries[0], entries[1]])) }
    #expect(error?.kind == kind)
    #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "no error")")
  }

  @Test func refusesANameThatStandsTwice() {
    let error = checkpointError {
      _ = try open(ZipWriter().archive([entries[0], entries[1], entries[0]]))
    }
    #expect(error?.problem.contains("twice") == true)
  }

  @Test func refusesEveryTruncation() {
    for writer in [ZipWriter(), ZipWriter(usesZip64: true)] {
      let whole = writer.archive(entries)
      for count in 1..<whole.count {
        let error = checkpointError { _ = try open(Array(whole.prefix(count))) }
        #expect(error?.kind == .malformed, "\(count) of \(whole.count) bytes")
      }
    }
  }

  @Test func refusesExtremeNumbersInTheEndRecords() {
    let plain = ZipWriter().archive(entries)
    let zip64 = ZipWriter(usesZip64: true).archive(entries)
    let fields = [(plain, [12, 10, 6], 4), (zip64, [66, 58, 50, 34], 8)]
    for (bytes, backOffsets, width) in fields {
      for back in backOffsets {
        for value in [-1, Int.max, bytes.count, bytes.count - 22] {
          var damaged = bytes
          let at = bytes.count - back
          damaged.replaceSubrange(at..<at + width, with: littleEndian(value, width))
          #expect(throws: CheckpointError.self, "\(width) bytes, \(back) back: \(value)") {
            try open(damaged)
          }
        }
      }
    }
  }
}
