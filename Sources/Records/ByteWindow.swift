import Files

/// The part of a source that has been read and not yet consumed: it grows to hold one record, and
/// its memory stays bounded by the longest record of the stream.
final class ByteWindow {
  let source: ByteSource
  private var storage: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// Whether the source has ended: what is here is all there will be.
  private(set) var isAtEnd = false
  /// Of all that has been consumed.
  private(set) var digest = StreamDigest()
  /// How many bytes were consumed last.
  private var lastCount = 0

  init(_ source: ByteSource) {
    self.source = source
    storage = .allocate(
      byteCount: 2 * max(source.chunkSize, PackedBytes.longestMark), alignment: 16)
  }

  deinit {
    storage.deallocate()
  }

  /// What has been read and not consumed; valid until the next call of `fill`.
  var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeRawBufferPointer(rebasing: storage[start..<end]).assumingMemoryBound(to: UInt8.self)
  }

  /// How many bytes of the source have been consumed.
  var bytesConsumed: Int { source.bytesRead - (end - start) }

  /// What was consumed last, without its line ending; valid until the next call of `fill`.
  var lastRow: [UInt8] {
    var row = storage[start - lastCount..<start]
    while let last = row.last, last == 0x0A || last == 0x0D { row.removeLast() }
    return Array(row)
  }

  func consume(_ count: Int) {
    precondition(count <= end - start)
    lastCount = count
    digest.append(UnsafeRawBufferPointer(rebasing: storage[start..<start + count]))
    start += count
  }

  /// Reads one chunk more behind what is here, or finds that the source has ended.
  func fill() throws(RecordError) {
    if isAtEnd { return }
    lastCount = 0
    if start > 0, storage.count - end < source.chunkSize {
      storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
      (start, end) = (0, end - start)
    }
    if storage.count - end < source.chunkSize {
      // Doubled, so that a record of any length is copied a constant number of times.
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 2 * storage.count, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
      storage.deallocate()
      storage = larger
      (start, end) = (0, end - start)
    }
    let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
    end += count
    isAtEnd = count == 0
  }
}
