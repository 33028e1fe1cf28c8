import Foundation
import TestSupport
import Testing

@testable import Records

@Suite("Files")
struct FileTests {
  @Test("A file is read with its size, and found by its extension")
  func reading() throws {
    let folder = try TemporaryFolder()
    try folder.write("text,id\na,1\nb,2\n".utf8, to: "a.csv")
    let input = try RecordReader(path: folder.path("a.csv"))
    #expect(input.format == .csv)
    #expect(input.totalBytes == 16)
    #expect(input.bytesConsumed == 8)
    #expect(try input.next()?.text == "a")
    #expect(input.bytesConsumed == 12)
    #expect(try input.rest().map(\.text) == ["b"])
    #expect(input.bytesConsumed == 16)
  }

  @Test("A file that is missing, a folder or not readable is an error with path and reason")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let missing = folder.path("missing.csv")
    #expect(throws: RecordError.cannotRead(file: missing, code: ENOENT)) {
      try RecordReader(path: missing)
    }
    let itself = folder.url.path(percentEncoded: false)
    #expect(throws: RecordError.cannotRead(file: itself, code: EISDIR)) {
      try RecordReader(path: itself)
    }
    #expect(
      RecordError.cannotRead(file: missing, code: ENOENT).description
        == "cannot read \(missing): No such file or directory")
    if geteuid() != 0 {
      try folder.write("a\n".utf8, to: "locked.txt")
      chmod(folder.path("locked.txt"), 0)
      #expect(throws: RecordError.cannotRead(file: folder.path("locked.txt"), code: EACCES)) {
        try RecordReader(path: folder.path("locked.txt"))
      }
    }
  }

  @Test(
    "A file that becomes shorter while it is read is an error; one that grows is read to its end")
  func changingSizes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("rows.txt")
    let lines = (0..<100_000).map { "row \($0)\n" }.joined()
    try folder.write(lines.utf8, to: "rows.txt")
    let shrinking = try RecordReader(ByteSource(path: path, chunkSize: 100))
    #expect(try shrinking.next()?.text == "row 0")
    try #require(truncate(path, 50) == 0)
    let failure = #expect(throws: RecordError.self) { _ = try shrinking.rest() }
    guard case .shrunk(_, let bytesRead, let expected) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(bytesRead < expected && expected == lines.utf8.count)

    try folder.write(lines.utf8, to: "rows.txt")
    let growing = try RecordReader(ByteSource(path: path, chunkSize: 100))
    #expect(try growing.next()?.text == "row 0")
    let handle = try FileHandle(forWritingTo: folder.url.appending(path: "rows.txt"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("the last\n".utf8))
    let rest = try growing.rest().map(\.text)
    #expect(rest.count == 100_000 && rest.last == "the last")
  }

  @Test("A pipe has no size, and is read as its writer writes")
  func pipe() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let thread = Thread {
      let descriptor = open(path, O_WRONLY)
      for byte in "one\ntwo\r\nthree".utf8 {
        withUnsafeBytes(of: byte) { _ = write(descriptor, $0.baseAddress, 1) }
      }
      close(descriptor)
    }
    thread.start()
    let input = try RecordReader(path: path)
    #expect(input.totalBytes == nil)
    #expect(input.format == .txt)
    #expect(try input.rest().map(\.text) == ["one", "two", "three"])
  }

  @Test("A descriptor that never blocks is waited for")
  func nonBlocking() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let descriptor = open(path, O_RDWR | O_NONBLOCK)
    defer { close(descriptor) }
    // The pipe's buffer holds less than this: the rest must wait for the reader below.
    let rows = 40_000
    let sink = ByteSink(descriptor: descriptor, name: "pipe")
    let reading = open(path, O_RDONLY)
    let total = rows * 10
    let thread = Thread {
      var left = total
      var buffer = [UInt8](repeating: 0, count: 4096)
      while left > 0 {
        let count = read(reading, &buffer, buffer.count)
        if count <= 0 { break }
        left -= count
      }
      close(reading)
    }
    thread.start()
    for row in 0..<rows {
      sink.append("\(100_000_000 + row)\n".utf8)
      try sink.endRow()
    }
    try sink.close()
    #expect(sink.rowsWritten == rows)
  }

  @Test("The input is never emptied to write over it, by whatever path")
  func sameFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("a\n".utf8, to: "a.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: folder.path("a.txt"))
    let input = try RecordReader(path: folder.path("a.txt"))
    for name in ["a.txt", "link"] {
      let path = folder.path(name)
      #expect(throws: RecordError.outputIsInput(file: path)) {
        try ByteSink(path: path, notOverwriting: input.identity)
      }
    }
    #expect(try folder.bytes("a.txt") == Array("a\n".utf8))
  }

  @Test("Another file that exists is written over, and one without a folder is an error")
  func overwriting() throws {
    let folder = try TemporaryFolder()
    try folder.write("much longer than what comes\n".utf8, to: "out")
    let sink = try ByteSink(path: folder.path("out"))
    sink.append("x\n".utf8)
    try sink.endRow()
    try sink.flush()
    // The old one stays until the new one is whole.
    #expect(try folder.bytes("out") == Array("much longer than what comes\n".utf8))
    sink.append("torn".utf8)
    try sink.flush()
    sink.append(" no more\n".utf8)
    try sink.endRow()
    try sink.close()
    try sink.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")) == ["out"])
    #expect(try folder.bytes("out") == Array("x\ntorn no more\n".utf8))
    #expect(sink.rowsWritten == 2)

    let missing = folder.path("none/out")
    #expect(
      throws: RecordError.cannotWrite(file: missing, code: ENOENT, rowsWritten: 0)
    ) {
      try ByteSink(path: missing)
    }
    let itself = folder.url.path(percentEncoded: false)
    #expect(throws: RecordError.cannotWrite(file: itself, code: EISDIR, rowsWritten: 0)) {
      try ByteSink(path: itself)
    }
  }

  @Test("Rows reach the file whole, however long")
  func wholeRows() throws {
    let folder = try TemporaryFolder()
    let sink = try ByteSink(path: folder.path("out"))
    for length in [10, 200_000, 3, 5_000_000, 1] {
      sink.append(repeatElement(UInt8(ascii: "x"), count: length))
      sink.append([0x0A])
      try sink.endRow()
      let bytes = try folder.bytes("out")
      #expect(bytes.isEmpty || bytes.last == 0x0A)
      #expect(bytes.count { $0 == 0x0A } == sink.rowsWritten)
    }
    try sink.close()
    #expect(sink.rowsWritten == 5)
    #expect(try folder.bytes("out").count == 5_200_019)
  }

  #if os(Linux)
    @Test("A full disk is an error that says so, when the buffer is handed on and at the end")
    func fullDisk() throws {
      let expected = RecordError.cannotWrite(file: "/dev/full", code: ENOSPC, rowsWritten: 0)
      #expect(expected.description == "cannot write /dev/full: No space left on device")
      let early = try ByteSink(path: "/dev/full")
      early.append(repeatElement(UInt8(ascii: "x"), count: 1_000_000))
      #expect(throws: expected) { try early.endRow() }
      let late = try ByteSink(path: "/dev/full")
      late.append("x\n".utf8)
      try late.endRow()
      #expect(throws: expected) { try late.close() }
    }
  #endif

  #if compiler(>=6.2)
    @Test("A disk that fills up keeps the rows that fit, and nothing of the one that did not")
    func limitedFile() async {
      // A limit on the size of files stands in for a small disk; it holds for a whole process,
      // so this is one of its own.
      await #expect(processExitsWith: .success) {
        let folder = try TemporaryFolder()
        let path = folder.path("out")
        #if os(Linux)
          let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        #else
          let resource = RLIMIT_FSIZE
        #endif
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = 1_000_010
        signal(SIGXFSZ, SIG_IGN)
        setrlimit(resource, &limit)
        let sink = try ByteSink(path: path)
        sink.append("header\n".utf8)
        try sink.endRow(isRow: false)
        // Rows of 100 bytes: 10,000 and the header fit, and 3 bytes of the next.
        var failure: RecordError?
        do throws(RecordError) {
          for _ in 0..<20_000 {
            sink.append(repeatElement(UInt8(ascii: "x"), count: 99))
            sink.append([0x0A])
            try sink.endRow()
          }
        } catch {
          failure = error
        }
        let expected = RecordError.cannotWrite(file: path, code: EFBIG, rowsWritten: 10_000)
        let size = try folder.bytes("out").count
        guard failure == expected, sink.rowsWritten == 10_000, size == 1_000_007 else {
          fatalError("\(String(describing: failure)), \(sink.rowsWritten) rows, \(size) bytes")
        }
      }
    }
  #endif

  @Test("A pipe whose reader has gone is an error of its own")
  func closedPipe() throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    try #require(Foundation.pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let sink = ByteSink(descriptor: ends[1], name: "standard output")
    sink.append("x\n".utf8)
    try sink.endRow()
    let error = thrownError(RecordError.self) { try sink.flush() }
    #expect(
      error == .cannotWrite(file: "standard output", code: EPIPE, rowsWritten: 0))
    #expect(sink.rowsWritten == 0)
  }
}
