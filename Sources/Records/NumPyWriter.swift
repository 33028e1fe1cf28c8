/// Writes numbers as a NumPy array file, row after row ([format 1.0][npy]): `numpy.load` opens it, with
/// `mmap_mode="r"` too, after every ``flush()``.
///
/// The header has room for any number of rows, and is written again with the right one whenever rows
/// were handed to the system: what is there of a job that was stopped is a whole array.
///
/// [npy]: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public final class NumPyWriter {
  /// The type of the numbers, little-endian.
  public enum Element: String, Sendable {
    case float32 = "<f4"
    case int64 = "<i8"

    var byteCount: Int { self == .float32 ? 4 : 8 }
  }

  public let sink: ByteSink
  private let element: Element
  private let columns: Int?
  private var rowsInHeader = 0

  /// The largest header there can be, and a multiple of 64, so that the numbers are aligned.
  private static let headerSize = 128

  /// Begins an array of which the rows are not counted yet.
  ///
  /// - Parameters:
  ///   - sink: A regular file, with nothing written yet but by an earlier writer of the same array.
  ///   - element: The type of the numbers.
  ///   - columns: Numbers in a row; nil for an array of one dimension.
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public init(to sink: ByteSink, element: Element, columns: Int?) throws(RecordError) {
    precondition(sink.isTruncatable, "the header is written last")
    self.sink = sink
    self.element = element
    self.columns = columns
    sink.append(header(rows: 0))
    try sink.endRow(isRow: false)
  }

  /// Adds the rows of one text, which are written together or not at all.
  ///
  /// - Parameter numbers: As many rows as wanted, one after another.
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func write<Number: BitwiseCopyable>(_ numbers: [Number]) throws(RecordError) {
    precondition(
      MemoryLayout<Number>.stride == element.byteCount && numbers.count % (columns ?? 1) == 0,
      "whole rows of the array's own type")
    // Every platform that this package runs on is little-endian.
    numbers.withUnsafeBytes { sink.append($0) }
    try sink.endRow()
  }

  /// Hands all rows to the system, and then tells of them in the header.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func flush() throws(RecordError) {
    let flushed = Result { () throws(RecordError) in try sink.flush() }
    // A disk may be full in the middle: the header tells of those rows that are there.
    let rows = rowsInFile
    if rows > rowsInHeader {
      try sink.overwrite(with: header(rows: rows), at: 0)
      rowsInHeader = rows
    }
    try flushed.get()
  }

  /// How many rows the system has taken, those of an earlier writer with them.
  public var rowsInFile: Int {
    max(0, sink.bytesWritten - Self.headerSize) / ((columns ?? 1) * element.byteCount)
  }

  /// Writes what is left and closes the file.
  ///
  /// - Throws: ``RecordError/cannotWrite(file:code:rowsWritten:)``.
  public func close() throws(RecordError) {
    try flush()
    try sink.close()
  }

  private func header(rows: Int) -> [UInt8] {
    let shape = columns.map { "(\(rows), \($0))" } ?? "(\(rows),)"
    let text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': \(shape), }"
    let room = Self.headerSize - 10
    var bytes: [UInt8] = [0x93]
    bytes += "NUMPY".utf8
    bytes += [1, 0, UInt8(room), 0]
    bytes += text.utf8
    bytes += repeatElement(0x20, count: room - text.utf8.count - 1)
    bytes.append(0x0A)
    return bytes
  }
}
