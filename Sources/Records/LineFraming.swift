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
    let newline = bytes.firstIndex(of: 0x0A, from: searched)
    let line = UnsafeBufferPointer(rebasing: bytes[..<(newline ?? bytes.count)])
    guard let ending = line.firstIndex(of: 0x0D, from: searched) else {
      searched = line.count
      return newline.map { ($0, $0 + 1) }
    }
    // Of several CRs before a LF, which programs write that add one too many, none is a line.
    let next = line[ending...].firstIndex { $0 != 0x0D } ?? line.count
    if let newline, next == newline { return (ending, newline + 1) }
    if next == bytes.count, !isAtEnd {
      searched = ending
      return nil
    }
    return (ending, ending + 1)
  }
}
