/// Fields as CSV and TSV write them: in quotes when they hold the separator, a quote or a line
/// break (RFC 4180, section 2). Without quotes, separators and line breaks become spaces.
struct DelimitedText {
  let delimiter: Delimiter
  let hasQuotes: Bool

  func append(_ fields: [String], to buffer: inout [UInt8]) {
    let start = buffer.count
    for (index, field) in fields.enumerated() {
      if index > 0 { buffer += delimiter.bytes }
      append(field, to: &buffer)
    }
    if !fields.isEmpty { endRow(from: start, in: &buffer) }
  }

  func append(_ field: String, to buffer: inout [UInt8]) {
    var field = field
    field.withUTF8 { append(value: $0, to: &buffer) }
  }

  /// Appends the value of a field that was read.
  func append(
    _ span: FieldSpan, of record: UnsafeBufferPointer<UInt8>, to buffer: inout [UInt8]
  ) {
    let bytes = UnsafeBufferPointer(rebasing: record[span.start..<span.end])
    if span.form == .irregular {
      FieldSpan.unquoted(bytes).withUnsafeBufferPointer { append(value: $0, to: &buffer) }
    } else {
      append(value: bytes, to: &buffer)
    }
  }

  /// A row of one empty field would be a blank line, which readers skip.
  func endRow(from start: Int, in buffer: inout [UInt8]) {
    if hasQuotes, buffer.count == start { buffer += "\"\"".utf8 }
  }

  private func append(value: UnsafeBufferPointer<UInt8>, to buffer: inout [UInt8]) {
    guard hasQuotes else {
      appendBare(value, to: &buffer)
      return
    }
    let quote = UInt8(ascii: "\"")
    let firstQuote = value.firstIndex(of: quote, from: 0)
    if firstQuote == nil, firstFieldEnd(in: value, from: 0) == value.count {
      buffer.append(contentsOf: value)
      return
    }
    buffer.append(quote)
    var copied = 0
    var next = firstQuote
    while let found = next {
      buffer.append(contentsOf: value[copied...found])
      buffer.append(quote)
      copied = found + 1
      next = value.firstIndex(of: quote, from: copied)
    }
    buffer.append(contentsOf: value[copied...])
    buffer.append(quote)
  }

  /// Appends the value with a space for every separator and line break, or an underscore where the
  /// separator is a space itself.
  private func appendBare(_ value: UnsafeBufferPointer<UInt8>, to buffer: inout [UInt8]) {
    let substitute = UInt8(ascii: delimiter.text == " " ? "_" : " ")
    var copied = 0
    while copied < value.count {
      let end = firstFieldEnd(in: value, from: copied)
      buffer.append(contentsOf: value[copied..<end])
      guard end < value.count else { return }
      let isBreak = value[end] == 0x0A || value[end] == 0x0D
      buffer.append(substitute)
      copied = end + (isBreak ? 1 : delimiter.bytes.count)
    }
  }

  /// The first index from `position` on where the separator, CR or LF stands, or `count`.
  private func firstFieldEnd(in value: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
    var index = value.firstFieldEnd(delimiter: delimiter.bytes[0], from: position)
    while index < value.count, value[index] == delimiter.bytes[0],
      delimiter.stands(at: index, of: value, atEnd: true) != true
    {
      index = value.firstFieldEnd(delimiter: delimiter.bytes[0], from: index + 1)
    }
    return index
  }
}
