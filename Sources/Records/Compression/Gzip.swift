import SystemZlib

/// The size of `z_stream`, by which zlib tells whether it was built with the same header.
private let streamSize = Int32(MemoryLayout<z_stream>.size)

/// 15 bits of window, and 16 for gzip's frame around the data.
private let windowBits: Int32 = 15 + 16

/// Several members one after another are one content, as gzip has it; zeros behind the last one, which
/// tapes leave, are none.
final class GzipDecoder: StreamDecoder {
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether a member has begun and not ended.
  private var isInMember = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = inflateInit2_(stream, windowBits, ZLIB_VERSION, streamSize)
    precondition(code == Z_OK, "zlib: \(code)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  var isWhole: Bool { !isInMember }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> (consumed: Int, produced: Int) {
    var (consumed, produced) = (0, 0)
    while produced < output.count {
      if !isInMember {
        if let start = input[consumed...].firstIndex(where: { $0 != 0 }) {
          consumed = start
          isInMember = true
        } else {
          return (input.count, produced)
        }
      }
      // zlib counts in 32 bits; chunks are far smaller.
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: Bytef.self))
      stream.pointee.avail_in = uInt(clamping: input.count - consumed)
      stream.pointee.next_out = output.baseAddress?.advanced(by: produced)
        .assumingMemoryBound(to: Bytef.self)
      stream.pointee.avail_out = uInt(clamping: output.count - produced)
      let (room, given) = (stream.pointee.avail_out, stream.pointee.avail_in)
      let code = inflate(stream, Z_NO_FLUSH)
      consumed += Int(given - stream.pointee.avail_in)
      produced += Int(room - stream.pointee.avail_out)
      switch code {
      case Z_OK: break
      case Z_BUF_ERROR: return (consumed, produced)
      case Z_STREAM_END:
        isInMember = false
        inflateReset(stream)
      default:
        let words = stream.pointee.msg.map { String(cString: $0) }
        throw CompressionFault(problem: words ?? "zlib's error \(code)")
      }
    }
    return (consumed, produced)
  }
}

/// Every part is a member of its own, which all readers of gzip take as one content.
final class GzipEncoder: StreamEncoder {
  private let stream: UnsafeMutablePointer<z_stream>
  /// Whether the member under way has anything in it.
  private var isEmpty = true
  private var hasMembers = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      streamSize)
    precondition(code == Z_OK, "zlib: \(code)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    var rest = bytes
    while !rest.isEmpty {
      let chunk = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(1 << 20))
      deflate(chunk, Z_NO_FLUSH, to: &output)
      isEmpty = false
    }
  }

  func endPart(to output: inout [UInt8]) {
    if isEmpty { return }
    deflate(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH, to: &output)
    deflateReset(stream)
    isEmpty = true
    hasMembers = true
  }

  func finish(to output: inout [UInt8]) {
    // A file of nothing is no gzip file.
    if isEmpty, !hasMembers { isEmpty = false }
    endPart(to: &output)
  }

  private func deflate(
    _ input: UnsafeRawBufferPointer, _ flush: Int32, to output: inout [UInt8]
  ) {
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
    stream.pointee.avail_in = uInt(input.count)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64 * 1024) { room in
      repeat {
        stream.pointee.next_out = room.baseAddress
        stream.pointee.avail_out = uInt(room.count)
        // With room for output it cannot fail.
        _ = SystemZlib.deflate(stream, flush)
        output += room[..<(room.count - Int(stream.pointee.avail_out))]
      } while stream.pointee.avail_out == 0
    }
  }
}
