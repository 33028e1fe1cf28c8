import Files
import Foundation
import TestSupport
import Testing

@testable import Records

/// Files of gzip and zstd.
@Suite struct CompressionTests {
  private static let text = "id,text\n1,\"a, b\"\n2,c\n"

  /// The text as programs of others compressed it: `gzip -9n`, `pigz` and `gzip` one behind the other with
  /// zeros behind them, `zstd`, and two frames of it, one without a checksum.
  private static let packed = [
    "H4sIAAAAAAACA8tM0SlJrSjhMtRRStRRSFLiMtJJ5gIAXbx36xUAAAA=",
    "H4sIAA/eDmsAA8tM0SlJrSjhAgB45N9UCAAAAB+LCAAAAAAAAAMz1FFK1FFIUuIy0knmAgBsEUtsDQAAAAAAAA==",
    "KLUv/SQVqQAAaWQsdGV4dAoxLCJhLCBiIgoyLGMKhpeoKA==",
    "KLUv/QRYQQAAaWQsdGV4dArDiVhxKLUv/QBYaQAAMSwiYSwgYiIKMixjCg==",
  ]

  private static func bytes(_ packed: String) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: packed)))
  }

  @Test(arguments: packed) func whatOthersCompressedIsRead(_ packed: String) throws {
    let bytes = try Self.bytes(packed)
    for chunkSize in [1, 2, 5, 100] {
      let reader = try RecordReader(
        ByteSource(bytes: bytes, name: "in", chunkSize: chunkSize), format: .csv)
      #expect(try reader.rest().map(\.text) == ["a, b", "c"])
      #expect(reader.position.bytes == Self.text.utf8.count)
      #expect(reader.bytesConsumed == bytes.count)
    }
  }

  @Test(arguments: packed) func everyCutIsTold(_ packed: String) throws {
    let bytes = try Self.bytes(packed)
    let text = Array(Self.text.utf8)
    for count in 4..<bytes.count {
      var read: [UInt8] = []
      let source = ByteSource(bytes: Array(bytes[..<count]), name: "in", chunkSize: 7)
      let error = thrownError(RecordError.self) {
        var room = [UInt8](repeating: 0, count: 16)
        while true {
          let count = try room.withUnsafeMutableBytes { try source.read(into: $0) }
          if count == 0 { break }
          read += room[..<count]
        }
      }
      #expect(text.starts(with: read))
      // Between two members, and in the zeros at the end, nothing is missing that one could know of.
      let isWhole = error == nil
      if isWhole { #expect(read.count == 8 || read == text) }
      if let error {
        #expect(error.description.contains("in cannot be unpacked: it ends in the middle"))
      }
    }
  }

  @Test(arguments: packed) func noDamageIsWorseThanAnError(_ packed: String) throws {
    let bytes = try Self.bytes(packed)
    for place in bytes.indices {
      for flip in [1, 0x10, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[place] ^= flip
        let error = thrownError(RecordError.self) {
          let reader = try RecordReader(
            ByteSource(bytes: damaged, name: "in", chunkSize: 9), format: .csv)
          _ = try reader.rest()
        }
        if let error { #expect(!error.description.isEmpty) }
      }
    }
  }

  private static func rows(_ rows: Range<Int>) -> [String] {
    rows.map { "row \($0) with \(String(repeating: "x\($0)", count: $0 % 50))\n" }
  }

  private func lines(_ path: String) throws -> [String] {
    try RecordReader(path: path, format: .txt).rest().map { $0.text + "\n" }
  }

  @Test(arguments: ["out.txt.gz", "out.txt.zst"]) func whatIsWrittenIsRead(_ name: String) throws {
    let folder = try TemporaryFolder()
    for count in [0, 1, 5000] {
      let sink = try ByteSink(path: folder.path(name))
      for row in Self.rows(0..<count) {
        sink.append(row.utf8)
        try sink.endRow()
      }
      #expect(sink.rowsWritten <= count)
      try sink.close()
      #expect(try lines(folder.path(name)) == Self.rows(0..<count))
      #expect(sink.rowsWritten == count)
    }
    #expect(try folder.bytes(name).count < Self.rows(0..<5000).joined().utf8.count / 4)
    // What each of the two programs says of it, where it is installed.
    let program = name.hasSuffix("gz") ? "/usr/bin/gzip" : "/usr/bin/zstd"
    guard FileManager.default.isExecutableFile(atPath: program) else { return }
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = ["-tq", folder.path(name)]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test(arguments: ["out.txt.gz", "out.txt.zst"]) func aWriterGoesOn(_ name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path(name)
    for keptRows in [1, 300] {
      var kept: KeptOutput?
      do {
        let sink = try ByteSink(path: path)
        for row in Self.rows(0..<keptRows) {
          sink.append(row.utf8)
          try sink.endRow()
        }
        try sink.flush()
        kept = try sink.makeSafe()
        // Behind it, what a dying process leaves.
        for row in Self.rows(500..<700) {
          sink.append(row.utf8)
          try sink.endRow()
        }
        _ = try sink.makeSafe()
      }
      #expect(kept?.rows == keptRows)
      let old = try folder.bytes(name)
      for more in [0, 400] {
        try folder.write(old, to: name)
        let sink = try ByteSink(path: path, keeping: kept)
        for row in Self.rows(keptRows..<keptRows + more) {
          sink.append(row.utf8)
          try sink.endRow()
        }
        try sink.close()
        #expect(try lines(path) == Self.rows(0..<keptRows + more))
      }
      var damaged = old
      damaged[20] ^= 1
      try folder.write(damaged, to: name)
      #expect(throws: RecordError.outputChanged(file: path, rows: keptRows)) {
        try ByteSink(path: path, keeping: kept)
      }
      FileSystem.remove(path)
    }
  }

  @Test func namesTellTheFormatInFrontOfTheCompression() {
    #expect(RecordFormat(path: "a/b.csv.gz") == .csv)
    #expect(RecordFormat(path: "b.JSONL.ZST") == .jsonl)
    #expect(RecordFormat(path: "b.gz") == nil)
    #expect(RecordFormat(path: "csv.gz") == nil)
    #expect(Compression(path: "b.csv") == nil && Compression(path: "a.gz/b") == nil)
    #expect(Compression(path: "x.zstd") == .zstandard)
    #expect(Compression.stem(of: "é.csv.gz") == "é.csv")
  }
}
