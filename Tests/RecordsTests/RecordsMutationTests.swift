import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Damaged input")
struct RecordsMutationTests {
  /// All that reading gives: the rows, and the error that ended them.
  private struct Reading: Equatable {
    var format: RecordFormat?
    var rows: [Row] = []
    var error: RecordError?
    var bytesConsumed = 0

    struct Row: Equatable {
      let row: Int
      let line: Int
      let text: [UInt8]
      let bytes: [UInt8]
      let values: [[UInt8]?]
      let isRepaired: Bool
    }
  }

  private func read(_ bytes: [UInt8], _ format: RecordFormat?, chunkSize: Int) -> Reading {
    var reading = Reading()
    do throws(RecordError) {
      let source = ByteSource(bytes: bytes, name: "input", chunkSize: chunkSize)
      let reader = try RecordReader(source, format: format, maximumRecordSize: 300)
      reading.format = reader.format
      do throws(RecordError) {
        while let record = try reader.next() {
          reading.rows.append(
            Reading.Row(
              row: record.row, line: record.line, text: Array(record.text.utf8),
              bytes: record.bytes, values: record.columns.map { record[$0].map { Array($0.utf8) } },
              isRepaired: record.repairedInvalidUTF8))
        }
        reading.bytesConsumed = reader.bytesConsumed
      } catch {
        reading.error = error
      }
    } catch {
      reading.error = error
    }
    return reading
  }

  /// Writes all rows with a column added and reads them back: the same texts and values.
  private func checkRoundTrip(_ bytes: [UInt8], _ format: RecordFormat, _ reading: Reading) throws {
    let source = ByteSource(bytes: bytes, name: "input")
    let reader = try RecordReader(source, format: format, maximumRecordSize: 300)
    let folder = FileManager.default.temporaryDirectory
    let path = folder.appending(path: "records-mutation-\(UUID().uuidString)").path()
    defer { unlink(path) }
    let sink = try ByteSink(path: path)
    let writer = try RecordWriter(to: sink, layout: reader.layout, adding: ["label"])
    do {
      while let record = try reader.next() { try writer.write(record, [.string("x\"")]) }
    } catch {
      guard case .fieldExists = error else { throw error }
      return
    }
    try sink.close()
    let again = try RecordReader(path: path, format: format)
    let output = try again.rest()
    #expect(output.count == reading.rows.count)
    for (old, new) in zip(reading.rows, output) {
      if format == .txt {
        #expect(Array(new.text.utf8) == Array("x\"\t".utf8) + old.text)
        continue
      }
      #expect(new[writer.names[0]] == "x\"")
      #expect(Array(new.text.utf8) == old.text)
      #expect(new.columns.dropLast().map { new[$0].map { Array($0.utf8) } } == old.values)
    }
  }

  private func check(
    _ inputs: [String], _ format: RecordFormat, tokens: [String], seed: UInt64
  ) throws {
    var mutator = Mutator(seed: seed, tokens: tokens)
    var accepted = 0
    var refused = 0
    let count = mutationCount(default: 2000)
    for round in 0..<count {
      let bytes = mutator.mutate(Array(inputs[round % inputs.count].utf8))
      let asked = round % 5 == 0 ? nil : format
      let reading = read(bytes, asked, chunkSize: 65_536)
      for chunkSize in [1, 2 + round % 7] {
        let other = read(bytes, asked, chunkSize: chunkSize)
        #expect(other == reading, "\(bytes) in chunks of \(chunkSize)")
      }
      for (index, row) in reading.rows.enumerated() {
        #expect(row.row == index + 1)
        #expect(index == 0 || row.line > reading.rows[index - 1].line)
        #expect(String(validating: row.bytes, as: UTF8.self) != nil, "\(bytes)")
        #expect(row.bytes.count <= 900)
      }
      if let error = reading.error {
        refused += 1
        #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 }, "\(bytes)")
      } else {
        accepted += 1
        #expect(reading.bytesConsumed == bytes.count, "\(bytes)")
        // A file a check is slow: every eighth will do.
        if round % 8 == 0, let found = reading.format { try checkRoundTrip(bytes, found, reading) }
      }
    }
    // Both must occur, or the test tries nothing.
    #expect(accepted > count / 50 && (refused > count / 50 || format == .txt))
    if count > 2000 { print("\(format): \(accepted) accepted, \(refused) refused") }
  }

  @Test("Damaged CSV")
  func csv() throws {
    try check(
      [
        "id,text\n1,hello\n2,\"a,b\"\n3,\"say \"\"hi\"\"\"\n",
        "\u{FEFF}\"text\",n\r\n\"a\r\nb\",1\r\n\r\n\u{E9},2", "text\n\na\n\"\"\n\"x\ny\"\n",
        "a,text,b\n,,\nx\"y,\"z\"w,\n", "label,text\rgold,a\rgold,b",
      ], .csv, tokens: ["\"", "\"\"", ",", "\r\n", "\n", "\r", "text", "\u{FEFF}", "\",\""],
      seed: 11)
  }

  @Test("Damaged TSV")
  func tsv() throws {
    try check(
      ["id\ttext\n1\thello\n2\t\"a\tb\"\n", "text\tlabel\r\na, b\t1\r\n\"c\r\n\"\t2\r\n"], .tsv,
      tokens: ["\t", "\"", "\r\n", "\n", "text"], seed: 12)
  }

  @Test("Damaged JSON lines")
  func jsonl() throws {
    try check(
      [
        "{\"text\":\"hello\"}\n{\"id\":1,\"text\":\"\\u00e9\\ud83d\\ude00\"}\n",
        "{\"text\":\"a\",\"n\":-1.5e+3,\"b\":[true,false,null,{\"c\":[]}]}\r\n\n{\"text\":\"\"}",
        "{ \"te\\u0078t\" : \"\u{E9}\u{1F600}\" , \"label\" : { } }\n",
      ], .jsonl,
      tokens: [
        "\"", "\\", "\\ud83d", "{", "}", "[", "]", ":", ",", "\n", "null", "\"text\":", "1e5",
      ],
      seed: 13)
  }

  @Test("Damaged text")
  func txt() throws {
    try check(
      ["one\ntwo\r\n\n\u{E9}\u{1F600}\n", "\u{FEFF}a\tb\rc\n"], .txt,
      tokens: ["\n", "\r\n", "\r", "\u{FEFF}"], seed: 14)
  }
}
