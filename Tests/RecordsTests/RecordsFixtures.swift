import Foundation
import TestSupport

@testable import Records

/// What Python read and wrote (Scripts/fixtures/records.py), in the folder of the repository or in
/// a larger one that `CLOUD4BERT_RECORDS_FIXTURES` names.
enum RecordsFixtures {
  struct Table: Decodable {
    let name: String
    let format: String
    let delimiter: String
    let input: Data
    let rows: [[String]]
    let written: Data
  }

  struct Objects: Decodable {
    struct Object: Decodable {
      let line: String
      let text: String
      let names: [String]
      let strings: [String: String]
    }
    let objects: [Object]
    let notObjects: [String]
    let notJSON: [String]
  }

  struct Bytes: Decodable {
    let bytes: Data
    let text: String
  }

  static let folder =
    ProcessInfo.processInfo.environment["CLOUD4BERT_RECORDS_FIXTURES"].map {
      URL(filePath: $0, directoryHint: .isDirectory)
    } ?? fixturesFolder.appending(path: "records")

  static func load<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
  }
}

/// A reader of `text`, as a file "input" would be read.
func reader(
  _ text: String, _ format: RecordFormat?, chunkSize: Int = ByteSource.defaultChunkSize,
  textColumn: String = "text", pairColumn: String? = nil, requiredColumns: [String] = [],
  readsQuotes: Bool = true, maximumRecordSize: Int = RecordReader.defaultMaximumRecordSize
) throws(RecordError) -> RecordReader {
  try RecordReader(
    ByteSource(bytes: Array(text.utf8), name: "input", chunkSize: chunkSize), format: format,
    textColumn: textColumn, pairColumn: pairColumn, requiredColumns: requiredColumns,
    readsQuotes: readsQuotes, maximumRecordSize: maximumRecordSize)
}

extension RecordReader {
  /// All rows that are left.
  func rest() throws(RecordError) -> [Record] {
    var records: [Record] = []
    while let record = try next() { records.append(record) }
    return records
  }
}

/// The error that reading `text` to its end meets, or nil.
func readingError(
  _ text: String, _ format: RecordFormat?, textColumn: String = "text", pairColumn: String? = nil,
  requiredColumns: [String] = [], maximumRecordSize: Int = RecordReader.defaultMaximumRecordSize
) -> RecordError? {
  do throws(RecordError) {
    _ = try reader(
      text, format, textColumn: textColumn, pairColumn: pairColumn,
      requiredColumns: requiredColumns, maximumRecordSize: maximumRecordSize
    ).rest()
    return nil
  } catch {
    return error
  }
}

/// What a writer makes of all rows of `reader`, each with the values that `values` gives.
func written(
  _ reader: RecordReader, as layout: RecordLayout? = nil, adding names: [String],
  _ values: (Record) -> [FieldValue]
) throws -> String {
  let folder = try TemporaryFolder()
  let sink = try ByteSink(path: folder.path("output"))
  let writer = try RecordWriter(
    to: sink, layout: layout ?? reader.layout, adding: names, input: reader.name)
  while let record = try reader.next() { try writer.write(record, values(record)) }
  try sink.close()
  return String(decoding: try folder.bytes("output"), as: UTF8.self)
}
