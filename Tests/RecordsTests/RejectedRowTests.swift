import TestSupport
import Testing

@testable import Records

/// Rows behind which a reader goes on.
@Suite struct RejectedRowTests {
  private func rows(_ text: some Sequence<UInt8>, as format: RecordFormat) throws -> [ReadRow] {
    let source = ByteSource(bytes: Array(text), name: "in", chunkSize: 5)
    let reader = try RecordReader(source, format: format)
    var rows: [ReadRow] = []
    while let row = try reader.nextRow() { rows.append(row) }
    #expect(reader.rowsRead == rows.count)
    return rows
  }

  private func rejected(_ row: ReadRow) throws -> RejectedRow {
    guard case .rejected(let row) = row else {
      throw RecordError.noHeader(file: "a row that is well")
    }
    return row
  }

  private func text(_ row: ReadRow) -> String? {
    guard case .record(let record) = row else { return nil }
    return record.text
  }

  @Test func aTableGoesOnBehindRowsOfOtherLengths() throws {
    let rows = try rows("id,text\n1,a\r\n2\n3,\"b\nc\",x\n\n4,\"d\ne\"\n".utf8, as: .csv)
    #expect(rows.map(text) == ["a", nil, nil, "d\ne"])
    let short = try rejected(rows[1])
    #expect(short.bytes == Array("2".utf8))
    #expect(short.record["id"] == "2" && short.record["text"] == "")
    #expect(
      short.fault
        == .fieldCount(place: RecordPlace(file: "in", row: 2, line: 3), expected: 2, found: 1))
    let long = try rejected(rows[2])
    #expect(long.bytes == Array("3,\"b\nc\",x".utf8))
    #expect(long.record["text"] == "b\nc")
    guard case .record(let last) = rows[3] else { return }
    #expect(last.row == 4 && last.line == 7)
  }

  @Test func objectsGoOnBehindWhatIsNone() throws {
    let bytes =
      Array("{\"id\":1}\n\n{\"text\":\"a\"}\n  {\"text\":null} \r\n[1]\n{\"text\":7}\n{bad ".utf8)
      + [0xFF, 0x0D, 0x0A] + Array("{\"text\":\"b\"}".utf8)
    let rows = try rows(bytes, as: .jsonl)
    #expect(rows.map(text) == [nil, "a", nil, nil, nil, nil, "b"])
    #expect(try rejected(rows[0]).record.bytes == Array("{\"id\":1}".utf8))
    #expect(try rejected(rows[2]).record.bytes == Array("{\"text\":null}".utf8))
    #expect(try rejected(rows[2]).bytes == Array("  {\"text\":null} ".utf8))
    #expect(try rejected(rows[3]).record.bytes == Array("{\"raw\":\"[1]\"}".utf8))
    #expect(try rejected(rows[5]).bytes == Array("{bad ".utf8) + [0xFF])
    #expect(try rejected(rows[5]).record.bytes == Array("{\"raw\":\"{bad \u{FFFD}\"}".utf8))
    #expect(try rejected(rows[5]).record.row == 6)
  }

  @Test func namesComeFromTheFirstObjectThatHasSome() throws {
    let source = ByteSource(bytes: Array("x\ny\n{\"text\":\"a\",\"label\":1}\n".utf8), name: "in")
    let reader = try RecordReader(source, format: .jsonl)
    #expect(reader.layout.columns == ["text", "label"])
    // Its place is behind what was asked for, not behind what was looked at.
    for (rows, bytes) in [(1, 2), (2, 4), (3, 27)] {
      _ = try reader.nextRow()
      #expect(reader.position.rows == rows && reader.position.bytes == bytes)
    }
    let end = try reader.nextRow()
    #expect(end.map(text) == nil)
  }

  @Test func aReaderThatStopsThrowsTheSameAgain() throws {
    let source = ByteSource(bytes: Array("text\na\nb,c\nd\n".utf8), name: "in")
    let reader = try RecordReader(source, format: .csv)
    _ = try reader.next()
    for _ in 0..<2 {
      #expect(throws: RecordError.self) { try reader.next() }
      #expect(reader.rowsRead == 1)
    }
  }

  @Test func doneRowsMayBeBad() throws {
    let text = "id,text\n1,a\n2\n3,c\n4\n5,e\n"
    let first = try RecordReader(ByteSource(bytes: Array(text.utf8), name: "in"), format: .csv)
    for _ in 0..<4 { _ = try first.nextRow() }
    let second = try RecordReader(ByteSource(bytes: Array(text.utf8), name: "in"), format: .csv)
    try second.skip(to: first.position)
    #expect(try second.next()?.text == "e")
  }

  @Test func aTemplateMakesBadRowsToo() throws {
    let source = ByteSource(
      bytes: Array("{\"a\":\"x\"}\n{\"b\":1}\n{\"a\":\"y\"}\n".utf8), name: "in")
    let reader = try RecordReader(
      source, format: .jsonl, textTemplate: try TextTemplate("{a}!"))
    var texts: [String?] = []
    while let row = try reader.nextRow() { texts.append(text(row)) }
    #expect(texts == ["x!", nil, "y!"])
  }
}
