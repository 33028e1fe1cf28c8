/// Walks a JSON text (RFC 8259, and the numbers that Python's `json` adds to it) once: what nobody asked for is skipped without being built, and the
/// keys of a large object can go straight to where they are kept.
///
/// Every access is bounds-checked, and nesting and the number of values are bounded, so that no text
/// can crash it or take more memory than a small multiple of its own.
package struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var valuesLeft: Int
  private let isStrict: Bool
  /// Whether the string that was read last has half a surrogate pair.
  private var isBroken = false

  /// Real files nest a handful deep; the reader calls itself once for each level.
  private static let depthLimit = 64

  /// - Parameters:
  ///   - valueLimit: How many values, keys not counted, may be built or walked over.
  ///   - isStrict: Whether what is built must not have a key twice in an object, nor half a surrogate pair.
  package init(_ bytes: [UInt8], valueLimit: Int = 4_000_000, isStrict: Bool = false) {
    self.bytes = bytes
    valuesLeft = valueLimit
    self.isStrict = isStrict
  }

  // MARK: Values

  /// What the next value is, by its first byte.
  package mutating func peek() -> UInt8? {
    skipWhitespace()
    return current
  }

  /// Checks that only white space is left.
  package mutating func finish() throws(JSON.SyntaxError) {
    guard peek() == nil else { throw failure("more follows the end of the JSON value") }
  }

  package mutating func value() throws(JSON.SyntaxError) -> JSON {
    try countValue()
    switch peek() {
    case nil: throw failure("the JSON ends too early")
    case UInt8(ascii: "{"):
      var members = JSONMembers()
      try eachMember { (reader, key) throws(JSON.SyntaxError) in
        let value = try reader.value()
        if let source = key.brokenSource {
          members.append(value, forBrokenKey: source)
          return
        }
        let isRepeated = members.updateValue(value, forKey: key.text) != nil
        if isRepeated, reader.isStrict {
          throw reader.failure("the key \(quoted(key.text)) stands twice in one object")
        }
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSON] = []
      try array { (reader) throws(JSON.SyntaxError) in elements.append(try reader.value()) }
      return .array(elements)
    case UInt8(ascii: "\""):
      let string = try string()
      return string.brokenSource.map(JSON.brokenString) ?? .string(string.text)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
    case UInt8(ascii: "-") where bytes[position...].starts(with: "-I".utf8):
      return try word("-Infinity", .number(-.infinity))
    case let digit? where digit == UInt8(ascii: "-") || digit &- 0x30 < 10: return try number()
    default: throw failure("no JSON value starts here")
    }
  }

  /// Walks over a value without building it.
  package mutating func skip() throws(JSON.SyntaxError) {
    switch peek() {
    case UInt8(ascii: "{"):
      try countValue()
      try object { (reader, _) throws(JSON.SyntaxError) in try reader.skip() }
    case UInt8(ascii: "["):
      try countValue()
      try array { (reader) throws(JSON.SyntaxError) in try reader.skip() }
    default:
      _ = try value()
    }
  }

  /// Calls `member` with each key of an object; it must consume the value. Half a surrogate pair in a key
  /// is replaced.
  package mutating func object(
    _ member: (inout JSONReader, String) throws(JSON.SyntaxError) -> Void
  ) throws(JSON.SyntaxError) {
    try eachMember { (reader, key) throws(JSON.SyntaxError) in try member(&reader, key.text) }
  }

  private mutating func eachMember(
    _ member: (inout JSONReader, Text) throws(JSON.SyntaxError) -> Void
  ) throws(JSON.SyntaxError) {
    try open(UInt8(ascii: "{"), "an object")
    var isFirst = true
    while try !closes(UInt8(ascii: "}"), isFirst: isFirst) {
      isFirst = false
      let key = try key()
      try member(&self, key)
    }
  }

  /// Appends each key of an object of integers to `arena` and calls `entry` with the key's range
  /// there and the integer.
  package mutating func integerMembers(
    keysIn arena: inout [UInt8], _ entry: (Range<Int>, Int) -> Void
  ) throws(JSON.SyntaxError) {
    try open(UInt8(ascii: "{"), "an object")
    var isFirst = true
    while try !closes(UInt8(ascii: "}"), isFirst: isFirst) {
      isFirst = false
      let start = arena.count
      guard current == UInt8(ascii: "\"") else { throw failure("a key in quotes is expected") }
      try string(into: &arena)
      guard !isBroken else { throw failure("half a surrogate pair") }
      try colon()
      try countValue()
      guard let first = peek(), first == UInt8(ascii: "-") || first &- 0x30 < 10,
        case .integer(let number) = try number()
      else { throw failure("an integer is expected") }
      entry(start..<arena.count, number)
    }
    guard String(validating: arena, as: UTF8.self) != nil else {
      throw failure("a key is not UTF-8")
    }
  }

  /// Appends the string that comes next to `arena`.
  package mutating func string(appendedTo arena: inout [UInt8]) throws(JSON.SyntaxError) {
    try countValue()
    guard peek() == UInt8(ascii: "\"") else { throw failure("a string is expected") }
    try string(into: &arena)
    guard !isBroken else { throw failure("half a surrogate pair") }
  }

  /// Appends each string of an array of pairs, of a string and a finite number, to `arena` and calls `entry`
  /// with its range there and the number.
  package mutating func scoredStrings(
    in arena: inout [UInt8], _ entry: (Range<Int>, Double) -> Void
  ) throws(JSON.SyntaxError) {
    try open(UInt8(ascii: "["), "an array")
    var isFirst = true
    while try !closes(UInt8(ascii: "]"), isFirst: isFirst) {
      isFirst = false
      try open(UInt8(ascii: "["), "a pair of a string and a number")
      let start = arena.count
      try string(appendedTo: &arena)
      let end = arena.count
      guard try !closes(UInt8(ascii: "]"), isFirst: false) else {
        throw failure("a number is expected")
      }
      entry(start..<end, try finiteNumber())
      guard try closes(UInt8(ascii: "]"), isFirst: false) else {
        throw failure("more than a string and a number")
      }
    }
    guard String(validating: arena, as: UTF8.self) != nil else {
      throw failure("a string is not UTF-8")
    }
  }

  private mutating func finiteNumber() throws(JSON.SyntaxError) -> Double {
    try countValue()
    guard let first = peek(), first == UInt8(ascii: "-") || first &- 0x30 < 10 else {
      throw failure("a number is expected")
    }
    if let number = DecimalNumber(bytes, &position) { return number.value }
    switch try number() {
    case .integer(let number): return Double(number)
    case .number(let number) where number.isFinite: return number
    default: throw failure("a finite number is expected")
    }
  }

  /// Calls `element` where each element of an array begins; it must consume the element.
  package mutating func array(
    _ element: (inout JSONReader) throws(JSON.SyntaxError) -> Void
  ) throws(JSON.SyntaxError) {
    try open(UInt8(ascii: "["), "an array")
    var isFirst = true
    while try !closes(UInt8(ascii: "]"), isFirst: isFirst) {
      isFirst = false
      try element(&self)
    }
  }

  // MARK: Tokens

  private func failure(_ problem: String) -> JSON.SyntaxError {
    JSON.SyntaxError(offset: position, problem: problem)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func countValue() throws(JSON.SyntaxError) {
    valuesLeft -= 1
    guard valuesLeft >= 0 else { throw failure("too many values") }
  }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func open(_ bracket: UInt8, _ name: String) throws(JSON.SyntaxError) {
    guard peek() == bracket else { throw failure("\(name) is expected") }
    guard depth < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
    position += 1
    depth += 1
  }

  /// Consumes the closing bracket, or else the comma before the next element.
  private mutating func closes(_ bracket: UInt8, isFirst: Bool) throws(JSON.SyntaxError) -> Bool {
    let next = peek()
    if next == bracket {
      position += 1
      depth -= 1
      return true
    }
    if !isFirst {
      guard next == UInt8(ascii: ",") else {
        throw failure("',' or '\(Character(Unicode.Scalar(bracket)))' is expected")
      }
      position += 1
      skipWhitespace()
    }
    return false
  }

  private mutating func key() throws(JSON.SyntaxError) -> Text {
    guard current == UInt8(ascii: "\"") else { throw failure("a key in quotes is expected") }
    let key = try string()
    try colon()
    return key
  }

  private mutating func colon() throws(JSON.SyntaxError) {
    guard peek() == UInt8(ascii: ":") else { throw failure("':' is expected") }
    position += 1
  }

  private mutating func word(
    _ word: StaticString, _ value: JSON
  ) throws(JSON.SyntaxError) -> JSON {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<end]) })
    else { throw failure("no JSON value starts here") }
    position = end
    return value
  }

  // MARK: Strings

  private struct Text {
    /// With U+FFFD for each half of a surrogate pair.
    let text: String
    /// What stands between the quotation marks, where there is such a half.
    var brokenSource: String?
  }

  /// Starts at the opening quotation mark.
  private mutating func string() throws(JSON.SyntaxError) -> Text {
    // Nearly every string ends at the first quotation mark, and needs no copy of its bytes.
    let start = position + 1
    var end = start
    while end < bytes.count, Self.isPlain(bytes[end]) { end += 1 }
    var text: String?
    var source: String?
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      position = end + 1
      text = String(validating: bytes[start..<end], as: UTF8.self)
    } else {
      var characters: [UInt8] = []
      try string(into: &characters)
      text = String(validating: characters, as: UTF8.self)
      if isBroken {
        guard !isStrict else { throw failure("half a surrogate pair") }
        source = String(validating: bytes[start..<position - 1], as: UTF8.self)
      }
    }
    guard let text else { throw failure("the string is not UTF-8") }
    return Text(text: text, brokenSource: source)
  }

  /// Starts at the opening quotation mark. What is appended may not be UTF-8.
  private mutating func string(into characters: inout [UInt8]) throws(JSON.SyntaxError) {
    position += 1
    isBroken = false
    while true {
      let start = position
      while position < bytes.count, Self.isPlain(bytes[position]) { position += 1 }
      characters.append(contentsOf: bytes[start..<position])
      switch current {
      case nil: throw failure("the string has no end")
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        position += 1
        try appendEscape(to: &characters)
      default: throw failure("a control character stands in a string")
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte >= 0x20
  }

  /// Starts after the backslash.
  private mutating func appendEscape(to text: inout [UInt8]) throws(JSON.SyntaxError) {
    guard let byte = current else { throw failure("the string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code & 0xFC00 == 0xD800, bytes[position...].starts(with: "\\u".utf8) {
        let next = position
        position += 2
        let low = try hexadecimal()
        if low & 0xFC00 == 0xDC00 {
          code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
        } else {
          position = next
        }
      }
      let scalar = Unicode.Scalar(code)
      if scalar == nil { isBroken = true }
      text.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}")!)
    default: throw failure("no such escape")
    }
  }

  private mutating func hexadecimal() throws(JSON.SyntaxError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("four hexadecimal digits are expected")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  // MARK: Numbers

  private mutating func number() throws(JSON.SyntaxError) -> JSON {
    let start = position
    accept("-")
    let firstDigit = position
    try skipDigits()
    if bytes[firstDigit] == UInt8(ascii: "0") && position - firstDigit > 1 {
      throw failure("a number starts with a needless 0")
    }
    var isInteger = true
    if accept(".") {
      isInteger = false
      try skipDigits()
    }
    if accept("e") || accept("E") {
      isInteger = false
      if !accept("+") { accept("-") }
      try skipDigits()
    }
    // A longer literal has no meaning and would only cost time to convert.
    guard position - start <= 400 else { throw failure("the number has too many digits") }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text) else { throw failure("no JSON value starts here") }
    return .number(value)
  }

  @discardableResult
  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipDigits() throws(JSON.SyntaxError) {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    guard position > start else { throw failure("a digit is expected") }
  }
}
