/// The line `sep=;` by which Excel tells the separator of a table, before its header.
enum SeparatorLine {
  /// What stands on the first line, if that is one: the separator, and the bytes of the line with
  /// its ending.
  ///
  /// - Throws: ``RecordError/cannotRead(file:code:)``.
  static func find(
    in window: ByteWindow
  ) throws(RecordError) -> (delimiter: Delimiter, length: Int, endsWithCRLF: Bool)? {
    // Longer than any such line: two quotes, four letters, a character and CR LF.
    let longest = 12
    while window.bytes.count <= longest, !window.isAtEnd, mayBegin(window.bytes),
      !window.bytes.contains(0x0A)
    {
      try window.fill()
    }
    guard mayBegin(window.bytes) else { return nil }
    let start = window.bytes.prefix(longest + 1)
    guard let end = start.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return nil }
    var content = start[..<end]
    if content.first == UInt8(ascii: "\"") {
      guard content.count > 1, content.last == UInt8(ascii: "\"") else { return nil }
      content = content.dropFirst().dropLast()
    }
    let character = String(decoding: content.dropFirst(4), as: UTF8.self)
    guard character.unicodeScalars.count == 1, let scalar = character.unicodeScalars.first,
      let delimiter = Delimiter(scalar)
    else { return nil }
    let isCRLF = start[end] == 0x0D && end + 1 < start.count && start[end + 1] == 0x0A
    return (delimiter, end + (isCRLF ? 2 : 1), isCRLF)
  }

  /// Whether the bytes, as far as they go, begin as such a line does.
  private static func mayBegin(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = bytes.first == UInt8(ascii: "\"") ? bytes.dropFirst() : bytes[...]
    let lowercase = start.prefix(4).map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
    return "sep=".utf8.starts(with: lowercase)
  }
}
