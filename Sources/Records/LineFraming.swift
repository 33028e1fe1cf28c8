/// A line of the input.
struct Line {
  /// Well-formed UTF-8, without the line ending.
  let bytes: [UInt8]
  let isRepaired: Bool
  /// Its number from 1.
  let line: Int
}

extension ByteWindow {
  /// The next line, which ends with LF, CRs and LF, CR alone, or the input: nil when nothing is left.
  ///
  /// - Parameters:
  ///   - row: The number of the row, for messages.
  ///   - line: The number of the line, which goes up by one.
  /// - Throws: ``RecordError/recordTooLong(place:limit:)`` and
  ///   ``RecordError/cannotRead(file:code:)``.
  func nextLine(row: Int, line: inout Int, limit: Int) throws(RecordError) -> Line? {
    var searched = 0
    let length: Int
    let consumed: Int
    while true {
      if let (end, next) = lineEnd(from: &searched) {
        (length, consumed) = (end, next)
        break
      }
      if isAtEnd {
        (length, consumed) = (bytes.count, bytes.count)
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
    if length > limit {
      throw .recordTooLong(
        place: RecordPlace(file: source.name, row: row, line: line), limit: limit)
    }
    let content = UnsafeBufferPointer(rebasing: bytes[..<length])
    let isValid = content.isValidUTF8
    let found = Line(
      bytes: isValid ? Array(content) : Array(String(decoding: content, as: UTF8.self).utf8),
      isRepaired: !isValid, line: line)
    consume(consumed)
    line += 1
    return found
  }

  /// Where the line ends, and where the next one begins: nil where that is not in the window.
  ///
  /// - Parameter searched: How many bytes are known to hold no ending.
  private func lineEnd(from searched: inout Int) -> (end: Int, next: Int)? {
    let ending = bytes.firstLineByte(from: searched)
    searched = ending
    guard ending < bytes.count else { return nil }
    if bytes[ending] == 0x0A { return (ending, ending + 1) }
    // Of several CRs before a LF, which programs write that add one too many, none is a line. A longer
    // run of them would be read again for each of its lines.
    let run = bytes[ending...].prefix(64)
    guard let next = run.firstIndex(where: { $0 != 0x0D }) else {
      return run.count == 64 || isAtEnd ? (ending, ending + 1) : nil
    }
    return bytes[next] == 0x0A ? (ending, next + 1) : (ending, ending + 1)
  }
}
