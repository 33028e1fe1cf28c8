import Foundation
import Records

extension FuzzedReader {
  /// Files of texts, whole and in small pieces.
  static let recordReaders = [
    recordReader(
      "jsonl", .jsonl,
      [
        "{\"text\": \"a \\u00e9 \\ud83d\\ude00\", \"n\": 1e5, \"x\": [1, {\"y\": null}]}\n"
          + "{\"text\": \"b\", \"label\": true}\r\n\n{\"text\": \"c\"}"
      ],
      ["{", "}", "[", "]", "\"", "\\u", "\\ud800", ":", ",", "\n", "\r\n", "\"text\"", "\u{FEFF}"]),
    recordReader(
      "csv", .csv,
      ["id,text,label\n1,\"a, \"\"b\"\"\nc\",x\r\n2,d,y\n3,,\n"],
      [",", ";", "\t", "|", "\"", "\"\"", "\n", "\r", "\r\n", "sep=;", "\u{FEFF}", "text"]),
    recordReader(
      "tsv", .tsv, ["id\ttext\n1\ta b\n2\t\"c\td\"\n"],
      ["\t", "\"", "\n", "\r", "\r\n", "\u{FEFF}", "text"]),
    recordReader(
      "txt", .txt, ["one\ntwo\r\nthree\u{301}\n\nfour"], ["\n", "\r", "\u{0}", "\u{FEFF}"]),
    recordReader(
      "any-format", nil,
      ["id,text\n1,a\n", "{\"text\": \"a\"}\n", "one\ntwo\n", "[{\"text\":\"a\"}]"],
      ["{", "[", ",", ";", "\n", "\u{FEFF}", "text", "PK\u{3}\u{4}"]),
  ]

  private static func recordReader(
    _ name: String, _ format: RecordFormat?, _ corpus: [String], _ tokens: [String]
  ) -> FuzzedReader {
    FuzzedReader(name: name, corpus: corpus.map { Array($0.utf8) }, tokens: tokens) { bytes, _ in
      let whole = read(bytes, format, chunkSize: 4096)
      let pieces = read(bytes, format, chunkSize: 3)
      precondition(whole.texts == pieces.texts, "another reading in pieces")
      if let error = whole.error { throw error }
    }
  }

  private static func read(
    _ bytes: [UInt8], _ format: RecordFormat?, chunkSize: Int
  ) -> (texts: [[UInt8]], error: RecordError?) {
    var texts: [[UInt8]] = []
    do throws(RecordError) {
      let source = ByteSource(bytes: bytes, name: "input", chunkSize: chunkSize)
      let reader = try RecordReader(source, format: format, maximumRecordSize: 4096)
      while let record = try reader.next() { texts.append(Array(record.text.utf8)) }
      return (texts, nil)
    } catch {
      return (texts, error)
    }
  }
}
