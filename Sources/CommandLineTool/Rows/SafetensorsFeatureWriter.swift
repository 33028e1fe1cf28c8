import Checkpoints
import Cloud4Bert
import Files
import Records

/// A safetensors file with the tensor `embeddings`, a row a text; without pooling a row a token, and
/// with the tensor `offsets`: text `i` has the rows `offsets[i] ..< offsets[i + 1]`.
final class SafetensorsFeatureWriter: FeatureWriter {
  let sink: ByteSink
  var sinks: [ByteSink] { [sink] + (offsetsBeside.map { [$0.sink] } ?? []) }
  private let size: Int
  /// Eight bytes a text against thousands for its vectors, so memory is of no concern; nil where every
  /// text has one vector.
  private var offsets: [Int64]?
  /// The same in a file, for a later process: in the output they lie behind all vectors.
  private var offsetsBeside: (sink: ByteSink, path: String)?

  /// More than the longest header.
  private static let headerSize = 512

  /// - Parameters:
  ///   - path: Of the output.
  ///   - kept: What an earlier writer made safe of the offsets beside it.
  init(
    to sink: ByteSink, at path: String, isPooled: Bool, size: Int, keeping kept: KeptOutput? = nil
  ) throws {
    self.sink = sink
    self.size = size
    offsets = isPooled ? nil : [0]
    if !isPooled {
      let path = path + ".offsets.partial"
      // What an earlier job left that nobody goes on with.
      if kept == nil { FileSystem.remove(path) }
      let beside = try ByteSink(path: path, keeping: kept)
      offsetsBeside = (beside, path)
      if beside.bytesWritten > 0 { offsets? += try Self.offsets(in: path) }
    }
    sink.append(header())
    try sink.endRow(isRow: false)
  }

  private static func offsets(in path: String) throws -> [Int64] {
    let file = try MappedFile(path: path)
    return (0..<file.count / 8).map { file.load(as: Int64.self, at: 8 * $0) }
  }

  func write(_ features: Features, of record: Record) throws {
    features.values.withUnsafeBytes { sink.append($0) }
    try sink.endRow()
    try appendOffset(features.rows)
  }

  private func appendOffset(_ rows: Int) throws {
    guard let last = offsets?.last else { return }
    let offset = last + Int64(rows)
    offsets?.append(offset)
    guard let offsetsBeside else { return }
    withUnsafeBytes(of: offset.littleEndian) { offsetsBeside.sink.append($0) }
    try offsetsBeside.sink.endRow()
  }

  func write(_ record: Record, without reason: String) throws {
    let vector = [Float](repeating: .nan, count: offsets == nil ? size : 0)
    vector.withUnsafeBytes { sink.append($0) }
    try sink.endRow()
    try appendOffset(0)
  }

  func flush() throws {
    // In this order, so that the offsets are those of rows that are there.
    try sink.flush()
    try offsetsBeside?.sink.flush()
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
    try offsetsBeside?.sink.close()
  }

  func forget() {
    if let offsetsBeside { FileSystem.remove(offsetsBeside.path) }
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
