import SystemZstandard

/// Several frames one after another are one content, as the format has it. Windows of more than 128 MiB,
/// which a frame may ask for, are refused by the library itself.
final class ZstandardDecoder: StreamDecoder {
  private let context: OpaquePointer
  private(set) var isWhole = true

  init() {
    guard let context = ZSTD_createDCtx() else { preconditionFailure("libzstd: no memory") }
    self.context = context
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> (consumed: Int, produced: Int) {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    while target.pos < target.size {
      let (before, filled) = (source.pos, target.pos)
      let code = ZSTD_decompressStream(context, &target, &source)
      if ZSTD_isError(code) != 0 {
        throw CompressionFault(problem: String(cString: ZSTD_getErrorName(code)).lowercased())
      }
      // Without any input the context may be asked before a frame, and says what it would like.
      let hasMoved = source.pos > before || target.pos > filled
      if hasMoved { isWhole = code == 0 }
      if source.pos == source.size, target.pos < target.size || !hasMoved { break }
    }
    return (source.pos, target.pos)
  }
}

/// A frame, of which every part is some blocks: some readers take the first frame of a file for all of it.
/// Only where one encoder goes on behind another is there a second frame.
final class ZstandardEncoder: StreamEncoder {
  private let context: OpaquePointer
  private let isGoingOn: Bool
  private var hasBegun = false

  /// A last block with nothing in it, which ends a frame.
  private static let lastBlock: [UInt8] = [1, 0, 0]

  init(isGoingOn: Bool) {
    guard let context = ZSTD_createCCtx() else { preconditionFailure("libzstd: no memory") }
    self.context = context
    self.isGoingOn = isGoingOn
    // A checksum at the end of a frame would be unknown to the encoder that goes on behind this one.
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
  }

  deinit {
    ZSTD_freeCCtx(context)
  }

  func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    compress(bytes, ZSTD_e_continue, to: &output)
  }

  func endPart(to output: inout [UInt8]) {
    guard hasBegun else { return }
    compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_flush, to: &output)
  }

  func finish(to output: inout [UInt8]) {
    compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, to: &output)
  }

  private func compress(
    _ input: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective, to output: inout [UInt8]
  ) {
    if !hasBegun, isGoingOn { output += Self.lastBlock }
    hasBegun = true
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128 * 1024) { room in
      while true {
        var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
        let left = ZSTD_compressStream2(context, &target, &source, directive)
        precondition(
          ZSTD_isError(left) == 0, "libzstd: \(String(cString: ZSTD_getErrorName(left)))")
        output += room[..<target.pos]
        if directive == ZSTD_e_continue ? source.pos == source.size : left == 0 { break }
      }
    }
  }
}
