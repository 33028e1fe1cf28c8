/// How the bytes of a file are compressed, where they are.
public enum Compression: Sendable, CaseIterable {
  /// RFC 1952, by zlib.
  case gzip
  /// RFC 8878, by libzstd.
  case zstandard

  /// What a path's last extension tells, in any case.
  public init?(path: String) {
    guard let ending = Self.endings(of: path) else { return nil }
    self = ending.compression
  }

  /// A path without the extension that tells of compression.
  public static func stem(of path: String) -> String {
    endings(of: path).map { String(path.utf8.dropLast($0.length)) ?? path } ?? path
  }

  private static func endings(of path: String) -> (compression: Compression, length: Int)? {
    let file = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let name = file.last, let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    let ending = name[dot...]
    switch String(decoding: ending.dropFirst(), as: UTF8.self).lowercased() {
    case "gz": return (.gzip, ending.count)
    case "zst", "zstd": return (.zstandard, ending.count)
    default: return nil
    }
  }

  /// The first bytes of such a file.
  var mark: [UInt8] {
    switch self {
    case .gzip: [0x1F, 0x8B]
    case .zstandard: [0x28, 0xB5, 0x2F, 0xFD]
    }
  }

  /// The program of that name.
  var name: String {
    switch self {
    case .gzip: "gzip"
    case .zstandard: "zstd"
    }
  }

  func decoder() -> any StreamDecoder {
    switch self {
    case .gzip: GzipDecoder()
    case .zstandard: ZstandardDecoder()
    }
  }

  /// - Parameter isGoingOn: Whether its output follows that of another, after ``StreamEncoder/endPart(to:)``.
  func encoder(isGoingOn: Bool) -> any StreamEncoder {
    switch self {
    case .gzip: GzipEncoder()
    case .zstandard: ZstandardEncoder(isGoingOn: isGoingOn)
    }
  }
}

/// Unpacks bytes that come a chunk at a time.
protocol StreamDecoder: AnyObject {
  /// Unpacks as much of `input` as there is room for in `output`.
  ///
  /// - Returns: How many bytes of each were used; of `output` all, where there may be more to come of
  ///   what went in.
  func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CompressionFault) -> (consumed: Int, produced: Int)

  /// Whether what went in may be all there is.
  var isWhole: Bool { get }
}

/// Packs bytes that come a chunk at a time.
protocol StreamEncoder: AnyObject {
  /// Adds what `bytes` become to `output`, as far as it is decided.
  func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8])
  /// Adds all that is held back: what is in `output` then can be unpacked to the last byte, and another
  /// encoder can go on behind it.
  func endPart(to output: inout [UInt8])
  /// The same, and nothing follows.
  func finish(to output: inout [UInt8])
}

/// What is wrong with compressed bytes, in words that go behind a colon.
struct CompressionFault: Error {
  let problem: String
}
