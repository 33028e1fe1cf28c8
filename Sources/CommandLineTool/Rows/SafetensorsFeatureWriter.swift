import Checkpoints
import Cloud4Bert
import Records

/// A safetensors file with the tensor `embeddings`, a row a text; without pooling a row a token, and
/// with the tensor `offsets`: text `i` has the rows `offsets[i] ..< offsets[i + 1]`.
final class SafetensorsFeatureWriter: FeatureWriter {
  let sink: ByteSink
  /// None where the offsets, which are in memory alone, would be missing later.
  var sinks: [ByteSink] { offsets == nil ? [sink] : [] }
  private let size: Int
  /// Eight bytes a text against thousands for its vectors, so memory is of no concern; nil where every
  /// text has one vector.
  private var offsets: [Int64]?

  /// More than the longest header.
  private static let headerSize = 512

  init(to sink: ByteSink, isPooled: Bool, size: Int) throws {
    self.sink = sink
    self.size = size
    offsets = isPooled ? nil : [0]
    sink.append(header())
    try sink.endRow(isRow: false)
  }

  func write(_ features: Features, of record: Record) throws {
    features.values.withUnsafeBytes { sink.append($0) }
    try sink.endRow()
    if let last = offsets?.last { offsets?.append(last + Int64(features.rows)) }
  }

  func write(_ record: Record, without reason: String) throws {
    let vector = [Float](repeating: .nan, count: offsets == nil ? size : 0)
    vector.withUnsafeBytes { sink.append($0) }
    try sink.endRow()
    if let last = offsets?.last { offsets?.append(last) }
  }

  func flush() throws {
    try sink.flush()
    // The file is whole in between, but for the offsets, which lie behind all vectors.
    if offsets == nil { try sink.overwrite(with: header(), at: 0) }
  }

  func close() throws {
    let flushed = Result { try sink.flush() }
    if case .failure = flushed {
      sink.discardUnwritten()
      offsets?.removeSubrange((sink.rowsWritten + 1)...)
    }
    if let offsets {
      offsets.withUnsafeBytes { sink.append($0) }
      try sink.endRow(isRow: false)
      try sink.flush()
    }
    try sink.overwrite(with: header(), at: 0)
    try flushed.get()
    try sink.close()
  }

  /// Tells of what is in the file.
  private func header() -> [UInt8] {
    let rows = offsets.map { Int($0[sink.rowsWritten]) } ?? sink.rowsWritten
    var entries = [
      SafetensorsHeader.Entry(name: "embeddings", elementType: .float32, shape: [rows, size])
    ]
    if let offsets {
      entries.append(
        SafetensorsHeader.Entry(name: "offsets", elementType: .int64, shape: [offsets.count]))
    }
    return SafetensorsHeader(entries: entries).bytes(size: Self.headerSize)
  }
}
