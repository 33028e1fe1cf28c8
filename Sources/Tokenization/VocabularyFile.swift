import Files

extension Vocabulary.Builder {
  /// Reads a `vocab.txt`: a token a line, numbered from 0, white space at its end left out.
  init(lines bytes: [UInt8], file: String) throws(TokenizerError) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw .malformed(file: file, reason: "is not valid UTF-8")
    }
    self.init()
    arena = bytes
    var line = 0
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      let trimmed = bytes.withUnsafeBufferPointer { text in
        var trimmed = end
        while trimmed > start {
          let last = UTF8Bytes.start(before: trimmed, in: text, from: start)
          let scalar = UTF8Bytes.scalar(in: text, at: last, to: end).value
          guard ScalarTable.shared.properties(of: scalar).contains(.space) else { break }
          trimmed = last
        }
        return trimmed
      }
      try add(start..<trimmed, id: line, file: file)
      line += 1
      start = end + 1
    }
  }

  /// Reads a `vocab.json`: an object of ids by token.
  init(json bytes: [UInt8], file: String) throws(TokenizerError) {
    self.init()
    var tokens: [(token: Range<Int>, id: Int)] = []
    do {
      var reader = JSONReader(bytes)
      try reader.integerMembers(keysIn: &arena) { tokens.append(($0, $1)) }
      try reader.finish()
    } catch {
      throw TokenizerError(JSONFieldError(file: file, error))
    }
    for (token, id) in tokens { try add(token, id: id, file: file) }
  }
}
