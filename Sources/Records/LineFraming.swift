/// A line of the input.
struct Line {
  /// Well-formed UTF-8, without the line ending.
  let bytes: [UInt8]
  let isRepaired: Bool
  /// Its number from 1.
  let line: Int
}

extension ByteWindow {
  /// The next line, which ends with LF or the input, and any CRs before: nil when nothing is left.
  ///
  /// - Parameters:
  ///   - row: The number of the row, for messages.
  ///   - line: The number of the line, which goes up by one.
  /// - Throws: ``RecordError/recordTooLong(place:limit:)`` and
  ///   ``RecordError/cannotRead(file:code:)``.
  func nextLine(row: Int, line: inout Int, limit: Int) throws(RecordError) -> Line? {
    var searched = 0
    var length: Int
    var consumed: Int
    while true {
      if let newline = bytes.firstIndex(of: 0x0A, from: searched) {
        (length, consumed) = (newline, newline + 1)
        break
      }
      searched = bytes.count
      if isAtEnd {
        (length, consumed) = (searched, searched)
        break
      }
      // One more than the limit may still turn out to be a line within it and a CR.
      if searched > limit + 1 {
        throw .recordTooLong(
          place: RecordPlace(file: source.name, row: row, line: line), limit: limit)
      }
      try fill()
    }
    if consumed == 0 { return nil }
    // Of the CRs before a LF one belongs to the length that the limit is for; none is text.
    if length > 0, bytes[length - 1] == 0x0D { length -= 1 }
    if length > limit {
      throw .recordTooLong(
        place: RecordPlace(file: source.name, row: row, line: line), limit: limit)
    }
    while length > 0, bytes[length - 1] == 0x0D { length -= 1 }
    let content = UnsafeBufferPointer(rebasing: bytes[..<length])
    let isValid = content.isValidUTF8
    let found = Line(
      bytes: isValid ? Array(content) : Array(String(decoding: content, as: UTF8.self).utf8),
      isRepaired: !isValid, line: line)
    consume(consumed)
    line += 1
    return found
  }
}
