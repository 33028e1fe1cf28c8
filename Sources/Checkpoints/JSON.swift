/// A value of a JSON document (RFC 8259).
///
/// Our own reader, as weights files come from strangers: `JSONDecoder` takes the last of two equal
/// keys without a word, so that two programs may see two different files in one.
enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits.
  case integer(Int)
  /// Any other number; always finite.
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// Why a document is refused, and at which byte.
  struct SyntaxError: Error, Equatable {
    let offset: Int
    let problem: String
  }

  /// - Parameter valueLimit: How many values, keys not counted, a document may hold: 100 MB of
  ///   `[0,0,0` would otherwise take gigabytes.
  init(parsing bytes: [UInt8], valueLimit: Int = 4_000_000) throws(SyntaxError) {
    var parser = JSONParser(bytes: bytes, valuesLeft: valueLimit)
    self = try parser.parseDocument()
  }

  /// What kind of value it is, for error messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): quoted(value)
    case .array: "an array"
    case .object: "an object"
    }
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var valuesLeft: Int
  var position = 0

  /// Real files nest a handful deep; the parser calls itself once for each level.
  private static let depthLimit = 64

  init(bytes: [UInt8], valuesLeft: Int) {
    self.bytes = bytes
    self.valuesLeft = valuesLeft
  }

  mutating func parseDocument() throws(JSON.SyntaxError) -> JSON {
    let value = try parseValue(depth: 0)
    skipWhitespace()
    guard position == bytes.count else { throw failure("more follows the end of the JSON value") }
    return value
  }

  private func failure(_ problem: String) -> JSON.SyntaxError {
    JSON.SyntaxError(offset: position, problem: problem)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func parseValue(depth: Int) throws(JSON.SyntaxError) -> JSON {
    guard depth < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
    valuesLeft -= 1
    guard valuesLeft >= 0 else { throw failure("too many values") }
    skipWhitespace()
    guard let current else { throw failure("the JSON ends too early") }
    switch current {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw failure("no JSON value starts here")
    }
  }

  private mutating func parseWord(
    _ word: StaticString, _ value: JSON
  ) throws(JSON.SyntaxError) -> JSON {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<end]) })
    else { throw failure("no JSON value starts here") }
    position = end
    return value
  }

  private mutating func parseObject(depth: Int) throws(JSON.SyntaxError) -> JSON {
    var members: [String: JSON] = [:]
    position += 1
    skipWhitespace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      skipWhitespace()
      guard current == UInt8(ascii: "\"") else { throw failure("a key in quotes is expected") }
      let key = try parseString()
      skipWhitespace()
      guard current == UInt8(ascii: ":") else { throw failure("':' is expected") }
      position += 1
      let value = try parseValue(depth: depth + 1)
      guard members.updateValue(value, forKey: key) == nil else {
        throw failure("the key \(quoted(key)) stands twice in one object")
      }
      skipWhitespace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(members)
      default: throw failure("',' or '}' is expected")
      }
    }
  }

  private mutating func parseArray(depth: Int) throws(JSON.SyntaxError) -> JSON {
    var elements: [JSON] = []
    position += 1
    skipWhitespace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      elements.append(try parseValue(depth: depth + 1))
      skipWhitespace()
      switch current {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw failure("',' or ']' is expected")
      }
    }
  }

  /// Starts at the opening quotation mark.
  private mutating func parseString() throws(JSON.SyntaxError) -> String {
    position += 1
    let start = position
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    // Nearly every string ends here, without a copy.
    if current == UInt8(ascii: "\"") {
      guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
        throw failure("the string is not UTF-8")
      }
      position += 1
      return text
    }
    var unescaped = Array(bytes[start..<position])
    while true {
      guard let byte = current else { throw failure("the string has no end") }
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: unescaped, as: UTF8.self) else {
          throw failure("the string is not UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        try appendEscape(to: &unescaped)
      case 0..<0x20: throw failure("a control character stands in a string")
      default:
        unescaped.append(byte)
        position += 1
      }
    }
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
      var code = try parseHexadecimal()
      if code & 0xFC00 == 0xD800 {
        guard current == UInt8(ascii: "\\") else { throw failure("half a surrogate pair") }
        position += 1
        guard current == UInt8(ascii: "u") else { throw failure("half a surrogate pair") }
        position += 1
        let low = try parseHexadecimal()
        guard low & 0xFC00 == 0xDC00 else { throw failure("half a surrogate pair") }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
      text.append(contentsOf: UTF8.encode(scalar)!)
    default: throw failure("no such escape")
    }
  }

  private mutating func parseHexadecimal() throws(JSON.SyntaxError) -> UInt32 {
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

  private mutating func parseNumber() throws(JSON.SyntaxError) -> JSON {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let firstDigit = position
    try skipDigits()
    if bytes[firstDigit] == UInt8(ascii: "0") && position - firstDigit > 1 {
      throw failure("a number starts with a needless 0")
    }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try skipDigits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw failure("the number is too large") }
    return .number(value)
  }

  private mutating func skipDigits() throws(JSON.SyntaxError) {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    guard position > start else { throw failure("a digit is expected") }
  }
}
