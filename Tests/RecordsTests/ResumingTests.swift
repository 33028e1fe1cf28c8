import Foundation
import TestSupport
import Testing

@testable import Records

/// Reading and writing on behind rows that are done.
@Suite struct ResumingTests {
  private static let inputs: [(name: String, rows: [String])] = [
    ("a.csv", ["\u{FEFF}id,text\r\n", "1,a\r\n", "2,\"b\r\nb\"\r\n", "3,c\r\n", "4,d\r\n"]),
    ("a.tsv", ["sep=;\n", "id;text\n", "1;a\n", "\n2;b\n", "3;c\n"]),
    ("a.jsonl", ["{\"text\":\"a\"}\n", "\n{\"text\":\"b\"}\n", "{\"text\":\"c\"}"]),
    ("a.txt", ["a\n", "\n", "c\r", "d"]),
  ]

  @Test(arguments: inputs.map(\.name))
  func aReaderGoesOnWhereAnotherWas(_ name: String) throws {
    let rows = try #require(Self.inputs.first { $0.name == name }).rows
    let folder = try TemporaryFolder()
    try folder.write(rows.joined().utf8, to: name)
    var positions: [InputPosition] = []
    let reader = try RecordReader(path: folder.path(name))
    var texts: [String] = []
    while let record = try reader.next() {
      texts.append(record.text)
      positions.append(reader.position)
    }
    #expect(texts.count >= 3)
    for (index, position) in positions.enumerated() {
      // Other chunks, as the bytes of a pipe come.
      let source = try ByteSource(path: folder.path(name), chunkSize: 3)
      let other = try RecordReader(source, format: RecordFormat(path: name))
      try other.skip(to: position)
      #expect(try other.rest().map(\.text) == Array(texts[(index + 1)...]))
    }
  }

  @Test func aReaderKnowsRowsThatChanged() throws {
    let folder = try TemporaryFolder()
    try folder.write("text\na\nb\nc\n".utf8, to: "a.csv")
    let reader = try RecordReader(path: folder.path("a.csv"))
    for _ in 0..<2 { _ = try reader.next() }
    let position = reader.position
    for (changed, isSame) in [
      ("text\na\nb\nx\ny\n", true), ("text\na\nb\n", true), ("text\na\nx\nc\n", false),
      ("text\na\n", false), ("Text,text\na,a\nb,b\n", false), ("text\na\nb \nc\n", false),
    ] {
      try folder.write(changed.utf8, to: "a.csv")
      let other = try RecordReader(path: folder.path("a.csv"))
      if isSame {
        try other.skip(to: position)
      } else {
        #expect(throws: RecordError.inputChanged(file: folder.path("a.csv"), rows: 2)) {
          try other.skip(to: position)
        }
      }
    }
  }

  private func write(_ rows: Range<Int>, to sink: ByteSink) throws {
    sink.append("header\n".utf8)
    try sink.endRow(isRow: false)
    for row in rows {
      sink.append("row \(row)\n".utf8)
      try sink.endRow()
    }
    try sink.flush()
  }

  private func text(_ rows: Range<Int>) -> String {
    "header\n" + rows.map { "row \($0)\n" }.joined()
  }

  @Test(arguments: [false, true])
  func aSinkGoesOnBehindWhatIsSafe(replacesAnOldFile: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("out.csv")
    if replacesAnOldFile { try folder.write("old\n".utf8, to: "out.csv") }
    var kept: KeptOutput?
    do {
      let sink = try ByteSink(path: path)
      try write(0..<5, to: sink)
      kept = try sink.makeSafe()
      // The process dies with half a row behind them.
      sink.append("row 5\nro".utf8)
      try sink.endRow()
      try sink.flush()
    }
    #expect(kept?.rows == 5 && kept?.headerBytes == 7)
    if replacesAnOldFile { #expect(try folder.read("out.csv") == "old\n") }
    let place = try #require(ByteSink.keptPath(of: path))
    #expect(place == (replacesAnOldFile ? path + ".partial" : path))

    let sink = try ByteSink(path: path, keeping: kept)
    #expect(sink.rowsWritten == 5)
    try write(5..<7, to: sink)
    let again = try sink.makeSafe()
    #expect(again.rows == 7)
    try sink.close()
    #expect(try folder.read("out.csv") == text(0..<7))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["out.csv"])
    // The digest is of all rows, whoever wrote them.
    let third = try ByteSink(path: path, keeping: again)
    try third.close()
    #expect(try folder.read("out.csv") == text(0..<7))
  }

  @Test func aSinkKnowsAnOutputThatChanged() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("out.csv")
    let sink = try ByteSink(path: path)
    try write(0..<5, to: sink)
    let kept = try sink.makeSafe()
    try sink.close()
    for changed in ["", "header\nrow 0\n", text(0..<4) + "row x\n", text(1..<6)] {
      try folder.write(changed.utf8, to: "out.csv")
      #expect(throws: RecordError.outputChanged(file: path, rows: 5)) {
        try ByteSink(path: path, keeping: kept)
      }
      #expect(try folder.read("out.csv") == changed)
    }
    for wrong in [
      KeptOutput(rows: 5, bytes: .max, headerBytes: 7, digest: kept.digest),
      KeptOutput(rows: 5, bytes: kept.bytes, headerBytes: .max, digest: kept.digest),
      KeptOutput(rows: 5, bytes: kept.bytes, headerBytes: -1, digest: kept.digest),
    ] {
      #expect(throws: RecordError.outputChanged(file: path, rows: 5)) {
        try ByteSink(path: path, keeping: wrong)
      }
    }
  }
}
