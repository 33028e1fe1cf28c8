/// Compressed bytes that were read and not unpacked yet.
final class PackedBytes {
  /// Where the next ones go, once all before them have been unpacked.
  let buffer: UnsafeMutableRawBufferPointer
  private let decoder: any StreamDecoder
  private var start = 0
  private var end: Int
  /// Whether the decoder may hold more than there was room for.
  private var mayHoldMore = false

  /// Of all kinds of compression.
  static let longestMark = 4

  init(
    _ decoder: any StreamDecoder, chunkSize: Int,
    startingWith bytes: Slice<UnsafeMutableRawBufferPointer>
  ) {
    self.decoder = decoder
    buffer = .allocate(byteCount: max(chunkSize, bytes.count), alignment: 16)
    buffer.copyBytes(from: bytes)
    end = bytes.count
  }

  deinit {
    buffer.deallocate()
  }

  var isDrained: Bool { start == end && !mayHoldMore }

  /// Whether the bytes so far may be all there are.
  var isWhole: Bool { decoder.isWhole }

  /// How many bytes were unpacked; 0 where more are needed first.
  func unpack(into room: UnsafeMutableRawBufferPointer) throws(CompressionFault) -> Int {
    if isDrained { return 0 }
    let packed = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    let (consumed, produced) = try decoder.decode(packed, into: room)
    start += consumed
    mayHoldMore = produced == room.count
    return produced
  }

  /// Takes note of bytes that were read into the buffer.
  func refill(_ count: Int) {
    (start, end) = (0, count)
  }
}
