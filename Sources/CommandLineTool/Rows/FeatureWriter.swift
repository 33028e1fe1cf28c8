import ArgumentParser
import Cloud4Bert
import Files
import Records

/// Writes the features of texts, one after another.
protocol FeatureWriter: RowOutput {
  func write(_ features: Features, of record: Record) throws
  /// Writes a text that has none, in the place of its features.
  func write(_ record: Record, without reason: String) throws
}

/// How a file holds features.
enum FeatureFormat: String, ExpressibleByArgument, CaseIterable {
  case npy, safetensors, jsonl, csv

  /// The format that a path's extension tells.
  init?(path: String) {
    let path = Compression.stem(of: path)
    guard let dot = path.lastIndex(of: ".") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }

  /// Whether it is written to a file only, as its header is known last.
  var needsFile: Bool { self == .npy || self == .safetensors }

  /// - Parameters:
  ///   - path: The file, or "-" for standard output.
  ///   - isPooled: Whether every text has one vector.
  ///   - size: The length of a vector.
  ///   - hasReasons: Whether there is a field for what is wrong with a text, where a file has fields.
  ///   - kept: What earlier writers have made safe, a file each.
  func writer(
    path: String, notOverwriting input: FileIdentity?, isPooled: Bool, size: Int,
    hasReasons: Bool = false, keeping kept: [KeptOutput] = []
  ) throws -> any FeatureWriter {
    let sink = try ByteSink(path: path, notOverwriting: input, keeping: kept.first)
    if needsFile, !sink.isTruncatable { throw NotAFile(name: sink.name, format: self) }
    switch self {
    case .npy:
      var offsets: ByteSink?
      if !isPooled {
        offsets = try ByteSink(
          path: NumPyFeatureWriter.offsetsPath(beside: path), notOverwriting: input,
          keeping: kept.dropFirst().first)
      }
      return try NumPyFeatureWriter(to: sink, offsets: offsets, size: size)
    case .safetensors:
      return try SafetensorsFeatureWriter(
        to: sink, at: path, isPooled: isPooled, size: size, keeping: kept.dropFirst().first)
    case .jsonl: return JSONFeatureWriter(to: sink, isPooled: isPooled, hasReasons: hasReasons)
    case .csv: return try DelimitedFeatureWriter(to: sink, size: size, hasReasons: hasReasons)
    }
  }

  struct NotAFile: Error, CustomStringConvertible {
    let name: String
    let format: FeatureFormat

    var description: String {
      """
      \(name) is not a regular file, which \(format.rawValue) needs, as its header is written last; \
      write to a file, or take --output-format jsonl
      """
    }
  }
}

/// A NumPy array with a row a text; without pooling a row a token, and beside it an array that tells
/// where each text begins.
struct NumPyFeatureWriter: FeatureWriter {
  private let vectors: NumPyWriter
  private let offsets: NumPyWriter?
  private let size: Int
  private let tokens = Count()

  init(to sink: ByteSink, offsets: ByteSink?, size: Int) throws {
    vectors = try NumPyWriter(to: sink, element: .float32, columns: size)
    self.offsets = try offsets.map { try NumPyWriter(to: $0, element: .int64, columns: nil) }
    self.size = size
    tokens.value = vectors.rowsInFile
    if self.offsets?.rowsInFile == 0 { try self.offsets?.write([Int64(0)]) }
  }

  /// `tokens.npy` has its offsets in `tokens.offsets.npy`.
  static func offsetsPath(beside path: String) -> String {
    (path.lowercased().hasSuffix(".npy") ? String(path.dropLast(4)) : path) + ".offsets.npy"
  }

  var sink: ByteSink { vectors.sink }
  var sinks: [ByteSink] { [vectors.sink] + (offsets.map { [$0.sink] } ?? []) }

  func write(_ features: Features, of record: Record) throws {
    try vectors.write(features.values)
    guard let offsets else { return }
    tokens.value += features.rows
    try offsets.write([Int64(tokens.value)])
  }

  func write(_ record: Record, without reason: String) throws {
    let isPooled = offsets == nil
    try vectors.write([Float](repeating: .nan, count: isPooled ? size : 0))
    try offsets?.write([Int64(tokens.value)])
  }

  func flush() throws {
    // In this order, so that no offset leads past the vectors that are there.
    try vectors.flush()
    try offsets?.flush()
  }

  func close() throws {
    try vectors.close()
    try offsets?.close()
  }

  private final class Count {
    var value = 0
  }
}

/// A JSON object a text, with its row, the text and its vector, or without pooling a list of vectors.
struct JSONFeatureWriter: FeatureWriter {
  let sink: ByteSink
  private let isPooled: Bool
  private let hasReasons: Bool

  init(to sink: ByteSink, isPooled: Bool, hasReasons: Bool) {
    self.sink = sink
    self.isPooled = isPooled
    self.hasReasons = hasReasons
  }

  func write(_ features: Features, of record: Record) throws {
    var line = start(of: record)
    if isPooled {
      append(features[0], to: &line)
    } else {
      for row in 0..<features.rows {
        line.append(UInt8(ascii: row == 0 ? "[" : ","))
        append(features[row], to: &line)
      }
      line.append(UInt8(ascii: "]"))
    }
    if hasReasons { line += ",\"error\":null".utf8 }
    line += "}\n".utf8
    sink.append(line)
    try sink.endRow()
  }

  func write(_ record: Record, without reason: String) throws {
    var line = start(of: record)
    line += "null,\"error\":".utf8
    JSON.append(reason, to: &line)
    line += "}\n".utf8
    sink.append(line)
    try sink.endRow()
  }

  /// All before the features.
  private func start(of record: Record) -> [UInt8] {
    var line: [UInt8] = []
    line += "{\"row\":\(record.row),\"text\":".utf8
    JSON.append(record.text, to: &line)
    if let pair = record.pair {
      line += ",\"pair\":".utf8
      JSON.append(pair, to: &line)
    }
    line += ",\"embedding\":".utf8
    return line
  }

  private func append(_ vector: ArraySlice<Float>, to line: inout [UInt8]) {
    for (index, number) in vector.enumerated() {
      line.append(UInt8(ascii: index == 0 ? "[" : ","))
      // JSON has no other numbers.
      line += (number.isFinite ? number.description : "null").utf8
    }
    line.append(UInt8(ascii: "]"))
  }

  func flush() throws { try sink.flush() }
  func close() throws { try sink.close() }
}

/// A line of a table a text: the text's row, then the vector, a column a dimension.
struct DelimitedFeatureWriter: FeatureWriter {
  let sink: ByteSink

  private let size: Int
  private let hasReasons: Bool

  init(to sink: ByteSink, size: Int, hasReasons: Bool) throws {
    self.sink = sink
    self.size = size
    self.hasReasons = hasReasons
    sink.append("row".utf8)
    for dimension in 0..<size { sink.append(",feature_\(dimension)".utf8) }
    if hasReasons { sink.append(",error".utf8) }
    sink.append("\n".utf8)
    try sink.endRow(isRow: false)
  }

  func write(_ features: Features, of record: Record) throws {
    var line = Array("\(record.row)".utf8)
    for number in features.values {
      line.append(UInt8(ascii: ","))
      line += number.description.utf8
    }
    if hasReasons { line.append(UInt8(ascii: ",")) }
    line.append(0x0A)
    sink.append(line)
    try sink.endRow()
  }

  func write(_ record: Record, without reason: String) throws {
    var line = Array("\(record.row)".utf8)
    line += repeatElement(UInt8(ascii: ","), count: size + 1)
    line += "\"\(reason.replacing("\"", with: "\"\""))\"\n".utf8
    sink.append(line)
    try sink.endRow()
  }

  func flush() throws { try sink.flush() }
  func close() throws { try sink.close() }
}
