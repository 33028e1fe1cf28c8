import Files

/// The bytes by which a kind of file that is not text is known.
struct FileMark {
  private let mark: [UInt8]
  private let offset: Int
  private let name: String
  private let advice: Advice

  private enum Advice {
    /// One that is the same for every file.
    case plain(String)
    /// A program that writes what the file holds to its output.
    case unpack(with: String)
    /// A zip archive, or what is one inside.
    case archive
  }

  private init(_ mark: [UInt8], at offset: Int = 0, _ name: String, _ advice: Advice) {
    self.mark = mark
    self.offset = offset
    self.name = name
    self.advice = advice
  }

  func stands(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.dropFirst(offset).starts(with: mark)
  }

  /// What the file is, for a message.
  func found(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard case .archive = advice, let content = ZipContent(bytes) else { return name }
    return content.name
  }

  /// What to do about it.
  func remedy(_ bytes: UnsafeBufferPointer<UInt8>, _ file: String) -> TextRemedy {
    switch advice {
    case .plain(let advice): return .advice(advice)
    case .unpack(let program): return Self.unpacking(with: program, file)
    case .archive:
      return ZipContent(bytes).map { .advice($0.remedy) }
        ?? Self.unpacking(with: "unzip -p", file)
    }
  }

  /// The command that gives the text, and its format, which no name tells any more.
  private static func unpacking(with program: String, _ file: String) -> TextRemedy {
    guard file != ByteSource.standardInput else { return .advice("pipe it through \(program)") }
    let name = file.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0) ?? "" } ?? ""
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    return .unpacking(
      command: "\(program) \(fileWord(file))", format: RecordFormat(path: stem))
  }

  private static func convert(from encoding: String) -> Advice {
    .plain("convert it with iconv -f \(encoding) -t UTF-8")
  }

  private static let workbook = Advice.plain(
    "save the sheet as CSV, in Excel as \"CSV UTF-8 (comma delimited)\"")

  static let all: [FileMark] =
    [
      FileMark([0xFF, 0xFE, 0, 0], "UTF-32", convert(from: "UTF-32")),
      FileMark([0, 0, 0xFE, 0xFF], "UTF-32", convert(from: "UTF-32")),
      FileMark([0xFF, 0xFE], "UTF-16", convert(from: "UTF-16")),
      FileMark([0xFE, 0xFF], "UTF-16", convert(from: "UTF-16")),
      FileMark([0x1F, 0x8B], "compressed by gzip", .unpack(with: "zcat")),
      FileMark([0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd", .unpack(with: "zstdcat")),
      FileMark([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "compressed by xz", .unpack(with: "xzcat")),
      FileMark([0x04, 0x22, 0x4D, 0x18], "compressed by lz4", .unpack(with: "lz4cat")),
      FileMark(Array("PAR1\u{15}".utf8), "a Parquet file", .plain("save it as CSV or JSON lines")),
      FileMark(Array("ARROW1\0\0".utf8), "an Arrow file", .plain("save it as CSV or JSON lines")),
      FileMark([0x50, 0x4B, 0x03, 0x04], "a zip archive or spreadsheet", .archive),
      FileMark([0x50, 0x4B, 0x05, 0x06], "an empty zip archive", .plain("give a file of texts")),
      FileMark(
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Excel or Word file", workbook),
      FileMark(
        [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive", .unpack(with: "7z x -so")),
      FileMark(
        Array("SQLite format 3\0".utf8), "an SQLite database",
        .plain("export the table: sqlite3 -csv -header FILE 'select * from TABLE'")),
      FileMark(
        Array("%PDF-".utf8), "a PDF file", .plain("take its text out with pdftotext")),
      FileMark(
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "a PNG image",
        .plain("give a file of texts")),
      FileMark(
        Array("ustar".utf8), at: 257, "a tar archive", .unpack(with: "tar -xOf")),
    ]
    // The digit is the level of compression.
    + (1...9).map {
      FileMark(Array("BZh\($0)1AY&SY".utf8), "compressed by bzip2", .unpack(with: "bzcat"))
    }
}

/// What a zip archive is that begins like this, where it is a document.
private struct ZipContent {
  let name: String
  let remedy: String

  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    // The names of the members stand in the open, the first one at the very beginning.
    let start = String(decoding: bytes.prefix(4096), as: UTF8.self)
    let isOffice = start.contains("[Content_Types].xml") || start.contains("_rels/.rels")
    if start.contains("opendocument.spreadsheet") {
      name = "an OpenDocument spreadsheet"
      remedy = "save the sheet as CSV (Text CSV, Unicode UTF-8)"
    } else if isOffice, !start.contains("word/") {
      name = "an Excel workbook"
      remedy = "save the sheet as CSV, in Excel as \"CSV UTF-8 (comma delimited)\""
    } else if isOffice || start.contains("opendocument.text") {
      name = "a document of a word processor"
      remedy = "save its text as CSV or plain text"
    } else {
      return nil
    }
  }
}

/// A file's name as a shell takes it, or a word in its place where a line has no room for it.
func fileWord(_ name: String) -> String {
  let isLine = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  return name == ByteSource.standardInput || !isLine ? "FILE" : ShellWord.quoted(name)
}
