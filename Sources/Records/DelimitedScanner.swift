/// Where a field lies in its record.
struct FieldSpan: Sendable {
  enum Form: UInt8, Sendable {
    /// The bytes are the value.
    case plain
    /// The bytes are the value, and stood between quotes.
    case quoted
    /// The bytes begin with a quote, and doubled quotes or text after the closing quote follow.
    case irregular
  }

  let start: Int
  let end: Int
  let form: Form

  /// The value of the field, whose record is well-formed UTF-8.
  func value(in record: UnsafeBufferPointer<UInt8>) -> String {
    let bytes = UnsafeBufferPointer(rebasing: record[start..<end])
    return form == .irregular
      ? String(decoding: Self.unquoted(bytes), as: UTF8.self)
      : String(decoding: bytes, as: UTF8.self)
  }

  /// What an irregular field holds, as Python's csv reads it: a doubled quote inside is one, and
  /// what follows the closing quote is appended as it stands.
  static func unquoted(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 1
    while let found = bytes.firstIndex(of: quote, from: index) {
      result.append(contentsOf: bytes[index..<found])
      index = found + 1
      guard index < bytes.count, bytes[index] == quote else { break }
      result.append(quote)
      index += 1
    }
    if index < bytes.count { result.append(contentsOf: bytes[index...]) }
    return result
  }
}

/// Splits one record of CSV or TSV into fields, and goes on where it stopped when more bytes come.
///
/// The rules are RFC 4180's, widened as Python's csv widens them: a record ends with LF, CR LF or
/// CR alone; a quote inside an unquoted field is itself; text after a closing quote is appended.
struct DelimitedScanner {
  enum Outcome: Equatable {
    /// The record goes on past these bytes.
    case incomplete
    /// A record of `length` bytes; it and its line ending are `consumed` bytes.
    case record(length: Int, consumed: Int)
    /// The input ends inside quotes.
    case unterminatedQuote
    /// There is nothing more.
    case end
  }

  private enum State {
    case fieldStart, plain, quoted, afterQuote, tail
  }

  let delimiter: Delimiter
  /// Whether a field may stand in quotes; else they are characters like any other, and a record a line.
  let readsQuotes: Bool
  /// How many spans are kept; fields past it are only counted, so that a damaged record of a
  /// hundred million separators costs no memory.
  var fieldLimit: Int
  private(set) var spans: [FieldSpan] = []
  private let leadByte: UInt8
  private(set) var fieldCount = 0
  /// Whether a field of the record is quoted: only then can it span lines.
  private(set) var hasQuotes = false
  private var state = State.fieldStart
  private var position = 0
  private var fieldStart = 0
  private var isIrregular = false

  init(delimiter: Delimiter, readsQuotes: Bool, fieldLimit: Int) {
    self.delimiter = delimiter
    leadByte = delimiter.bytes[0]
    self.readsQuotes = readsQuotes
    self.fieldLimit = fieldLimit
  }

  /// Forgets the record, to begin another.
  mutating func reset() {
    // Made anew, since the spans of the last record now belong to it.
    spans = []
    spans.reserveCapacity(min(fieldLimit, 64))
    fieldCount = 0
    hasQuotes = false
    state = .fieldStart
    position = 0
    isIrregular = false
  }

  /// Scans on in `bytes`, which begin where the record begins and may end anywhere.
  ///
  /// - Parameter atEnd: Whether nothing follows `bytes`.
  mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>, atEnd: Bool) -> Outcome {
    let quote = UInt8(ascii: "\"")
    while true {
      switch state {
      case .fieldStart:
        guard position < bytes.count else {
          if !atEnd { return .incomplete }
          if fieldCount == 0 { return .end }
          fieldStart = position
          return endRecord(.plain, in: bytes)
        }
        fieldStart = position
        if readsQuotes, bytes[position] == quote {
          hasQuotes = true
          isIrregular = false
          position += 1
          state = .quoted
        } else {
          state = .plain
        }

      case .plain, .tail:
        position = bytes.firstFieldEnd(delimiter: leadByte, from: position)
        let form: FieldSpan.Form = state == .plain ? .plain : .irregular
        if let outcome = endField(form, in: bytes, atEnd: atEnd) { return outcome }

      case .quoted:
        guard let closing = bytes.firstIndex(of: quote, from: position) else {
          position = bytes.count
          return atEnd ? .unterminatedQuote : .incomplete
        }
        position = closing + 1
        state = .afterQuote

      case .afterQuote:
        if position < bytes.count {
          let byte = bytes[position]
          if byte == quote {
            isIrregular = true
            position += 1
            state = .quoted
            continue
          }
          if byte != leadByte, byte != 0x0D, byte != 0x0A {
            state = .tail
            continue
          }
        }
        let form: FieldSpan.Form = isIrregular ? .irregular : .quoted
        if let outcome = endField(form, in: bytes, atEnd: atEnd) { return outcome }
      }
    }
  }

  /// Ends the field at `position`, which holds a separator, a line ending or nothing: nil when the
  /// record goes on with another field.
  private mutating func endField(
    _ form: FieldSpan.Form, in bytes: UnsafeBufferPointer<UInt8>, atEnd: Bool
  ) -> Outcome? {
    guard position < bytes.count else {
      return atEnd ? endRecord(form, in: bytes) : .incomplete
    }
    if bytes[position] == leadByte {
      switch delimiter.stands(at: position, of: bytes, atEnd: atEnd) {
      case nil: return .incomplete
      case true?:
        appendField(form)
        position += delimiter.bytes.count
        state = .fieldStart
      case false?:
        // Another character that begins with the same byte.
        position += 1
        if state == .afterQuote { state = .tail }
      }
      return nil
    }
    // A LF that may follow a CR belongs to the same line ending.
    if bytes[position] == 0x0D, position + 1 == bytes.count, !atEnd { return .incomplete }
    return endRecord(form, in: bytes)
  }

  private mutating func endRecord(
    _ form: FieldSpan.Form, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Outcome {
    appendField(form)
    var consumed = position
    if consumed < bytes.count {
      let isCRLF =
        bytes[consumed] == 0x0D && consumed + 1 < bytes.count && bytes[consumed + 1] == 0x0A
      consumed += isCRLF ? 2 : 1
    }
    return .record(length: position, consumed: consumed)
  }

  private mutating func appendField(_ form: FieldSpan.Form) {
    fieldCount += 1
    guard spans.count < fieldLimit else { return }
    spans.append(
      form == .quoted
        ? FieldSpan(start: fieldStart + 1, end: position - 1, form: form)
        : FieldSpan(start: fieldStart, end: position, form: form))
  }
}
