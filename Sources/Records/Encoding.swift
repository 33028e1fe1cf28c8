/// What the first bytes of a file tell about all of it.
enum Encoding {
  /// The byte-order mark of UTF-8, which is no part of the text.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// - Throws: ``RecordError/notText(file:found:remedy:)`` for files that people take for text.
  static func check(_ first: UnsafeBufferPointer<UInt8>, of file: String) throws(RecordError) {
    var known: [(mark: [UInt8], found: String, remedy: String)] = [
      ([0xFF, 0xFE, 0, 0], "UTF-32", "convert it with iconv -f UTF-32 -t UTF-8"),
      ([0, 0, 0xFE, 0xFF], "UTF-32", "convert it with iconv -f UTF-32 -t UTF-8"),
      ([0xFF, 0xFE], "UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"),
      ([0xFE, 0xFF], "UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"),
      ([0x1F, 0x8B], "compressed by gzip", "pipe it through zcat"),
      ([0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd", "pipe it through zstdcat"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "compressed by xz", "pipe it through xzcat"),
      (Array("PAR1\u{15}".utf8), "a Parquet file", "save it as CSV or JSON lines"),
      ([0x50, 0x4B, 0x03, 0x04], "a zip archive or spreadsheet", "unpack it, or save it as CSV"),
    ]
    // The digit is the level of compression.
    known += (1...9).map {
      (Array("BZh\($0)1AY&SY".utf8), "compressed by bzip2", "pipe it through bzcat")
    }
    for entry in known where first.starts(with: entry.mark) {
      throw .notText(file: file, found: entry.found, remedy: entry.remedy)
    }
  }
}
