import TestSupport
import Testing

@testable import Records

@Suite("Formats")
struct FormatTests {
  @Test(
    "Extensions tell the format",
    arguments: [
      ("a.csv", .csv), ("a.CSV", .csv), ("a.b.tsv", .tsv), ("/x.csv/a.tab", .tsv),
      ("a.jsonl", .jsonl), ("a.ndjson", .jsonl), ("a.txt", .txt), ("-", nil), ("", nil),
      ("csv", nil), ("a.csv/b", nil), ("a.", nil), ("a.json", .jsonl), ("/dev/stdin", nil),
      (".csv", .csv),
    ] as [(String, RecordFormat?)])
  func extensions(path: String, expected: RecordFormat?) {
    #expect(RecordFormat(path: path) == expected)
  }

  @Test(
    "The first line tells the format of other input",
    arguments: [
      ("{\"text\": \"a\"}\n", .jsonl), ("\n \n{\"a\": 1}\nx", .jsonl), ("{\"a\": 1}", .jsonl),
      ("{\"a\": 1} x\n", .txt), ("{not json}\n", .txt), ("[1]\n", .txt),
      ("id,text\n1,a\n", .csv), ("id,text", .csv), ("\"id\",\"text\"\r\n", .csv),
      ("id\ttext\n", .tsv), ("id\ttext,more\n", .txt), ("text\n", .txt), ("", .txt),
      ("[{\"a\": 1}]", .jsonl), ("[\n{\"a\": 1}\n]", .jsonl), ("{\n \"a\": 1\n}", .jsonl),
      ("[x]\n", .txt), ("{\nx\n", .txt), ("a text, with commas\n", .txt),
      ("a text; and text\n", .txt), ("id;text\n1;a\n", .csv),
      ("id|text", .csv), ("id,text\r1,a\r", .csv), ("sep=;\r\nid;text\r\n", .csv),
      ("\u{FEFF}text,id\n", .csv),
      ("\u{FEFF}{\"a\": 1}\n", .jsonl), ("\n\n\n", .txt), ("\"text,\n", .txt),
      ("{\"text,id\n", .txt),
    ] as [(String, RecordFormat)])
  func detection(text: String, expected: RecordFormat) throws {
    for chunkSize in [1, 2, 3, 7, 65_536] {
      #expect(
        try reader(text, nil, chunkSize: chunkSize, textColumn: expected == .jsonl ? "a" : "text")
          .format == expected)
    }
  }

  @Test("Detection goes by the text column asked for, and reads no byte away")
  func detectionByColumn() throws {
    #expect(try reader("id,body\n1,a\n", nil).format == .txt)
    let input = try reader("id,body\n1,a\n", nil, textColumn: "body")
    #expect(input.format == .csv)
    #expect(try input.rest().map(\.text) == ["a"])
    #expect(try reader("\n\nx\n", nil).rest().map(\.text) == ["", "", "x"])
  }

  @Test(
    "What a longer mark tells is refused where it comes at once: nobody is kept waiting for the rest",
    arguments: [
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], "xz"), (Array("BZh91AY&SY".utf8), "bzip2"),
      (Array("BZh11AY&SY".utf8), "bzip2"),
      (Array("PAR1\u{15}\u{4}".utf8), "Parquet"),
    ] as [([UInt8], String)])
  func longerMarks(bytes: [UInt8], name: String) {
    let source = ByteSource(bytes: bytes, name: "input", chunkSize: 100)
    let error = thrownError(RecordError.self) { try RecordReader(source) }
    #expect(error?.description.contains(name) == true)
  }

  @Test("A first line without an end is not read beyond the limit")
  func endlessFirstLine() throws {
    let input = try reader(
      String(repeating: "x", count: 1000), nil, chunkSize: 16, maximumRecordSize: 100)
    #expect(input.format == .txt)
    #expect(throws: RecordError.self) { try input.next() }
  }

  @Test(
    "What is not UTF-8 text is refused with what to do",
    arguments: [
      ([0xFF, 0xFE, 0x61, 0], "UTF-16"), ([0xFE, 0xFF, 0, 0x61], "UTF-16"),
      ([0xFF, 0xFE], "UTF-16"), ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"), ([0x50, 0x4B, 3, 4], "zip"),
    ] as [([UInt8], String)])
  func otherEncodings(bytes: [UInt8], name: String) {
    for chunkSize in [1, 100] {
      for format in RecordFormat.allCases {
        let source = ByteSource(bytes: bytes, name: "input", chunkSize: chunkSize)
        let error = thrownError(RecordError.self) {
          try RecordReader(source, format: format)
        }
        #expect(error?.description.contains(name) == true)
      }
    }
  }
}
