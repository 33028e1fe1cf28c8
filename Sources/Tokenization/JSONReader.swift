/// A value of a JSON text. Numbers that fit an `Int` are integers.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

/// A strict reader of RFC 8259 JSON that walks a text once: the tokens of a vocabulary go straight
/// to their arena, and what nobody asked for is skipped without being built.
///
/// Every access is bounds-checked, and nesting is bounded, so that no text can crash it.
struct JSONReader {
  private static let maximumDepth = 64

  private let file: String
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// - Throws: `TokenizerError.malformed` where `bytes` is not UTF-8.
  init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
    self.bytes = bytes
    self.file = file
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw .malformed(file: file, reason: "is not valid UTF-8")
    }
  }

  func failure(_ reason: String) -> TokenizerError {
    .malformed(file: file, reason: "\(reason) at byte \(position)")
  }

  /// Checks that only white space is left.
  mutating func finish() throws(TokenizerError) {
    skipSpace()
    if position < bytes.count { throw failure("text after the end of the JSON value") }
  }

  /// What the next value is, by its first byte.
  mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.count ? bytes[position] : nil
  }

  /// Calls `member` with each key of an object; it must consume the value.
  mutating func object(
    _ member: (inout JSONReader, String) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    try open(UInt8(ascii: "{"), "an object")
    var isFirst = true
    while try !closes(UInt8(ascii: "}"), isFirst: isFirst) {
      isFirst = false
      let key = try string()
      try colon()
      try member(&self, key)
    }
  }

  /// Appends each key of an object of integers to `arena` and calls `entry` with the key's range
  /// there and the integer.
  mutating func integerMembers(
    keysIn arena: inout [UInt8],
    _ entry: (Range<Int>, Int) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    try open(UInt8(ascii: "{"), "an object")
    var isFirst = true
    while try !closes(UInt8(ascii: "}"), isFirst: isFirst) {
      isFirst = false
      let start = arena.count
      try string(into: &arena)
      try colon()
      guard case .integer(let number) = try number() else {
        throw failure("a token's id that is not an integer")
      }
      try entry(start..<arena.count, number)
    }
  }

  mutating func value() throws(TokenizerError) -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSONValue] = [:]
      try object { (reader, key) throws(TokenizerError) in members[key] = try reader.value() }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try array { (reader) throws(TokenizerError) in elements.append(try reader.value()) }
      return .array(elements)
    case UInt8(ascii: "\""):
      return .string(try string())
    case UInt8(ascii: "t"):
      try literal("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    default:
      return try number()
    }
  }

  /// Walks over a value without building it.
  mutating func skip() throws(TokenizerError) {
    switch peek() {
    case UInt8(ascii: "{"):
      try object { (reader, _) throws(TokenizerError) in try reader.skip() }
    case UInt8(ascii: "["):
      try array { (reader) throws(TokenizerError) in try reader.skip() }
    default:
      _ = try value()
    }
  }

  private mutating func array(
    _ element: (inout JSONReader) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    try open(UInt8(ascii: "["), "an array")
    var isFirst = true
    while try !closes(UInt8(ascii: "]"), isFirst: isFirst) {
      isFirst = false
      try element(&self)
    }
  }

  private mutating func open(_ bracket: UInt8, _ name: String) throws(TokenizerError) {
    guard peek() == bracket else { throw failure("expected \(name)") }
    guard depth < Self.maximumDepth else { throw failure("nested too deeply") }
    position += 1
    depth += 1
  }

  /// Consumes the closing bracket, or else the comma before the next element.
  private mutating func closes(_ bracket: UInt8, isFirst: Bool) throws(TokenizerError) -> Bool {
    let next = peek()
    if next == bracket {
      position += 1
      depth -= 1
      return true
    }
    if !isFirst {
      guard next == UInt8(ascii: ",") else { throw failure("expected a comma or an end") }
      position += 1
      skipSpace()
    }
    return false
  }

  private mutating func colon() throws(TokenizerError) {
    guard peek() == UInt8(ascii: ":") else { throw failure("expected a colon") }
    position += 1
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func literal(_ text: StaticString) throws(TokenizerError) {
    let matches = text.withUTF8Buffer { bytes.dropFirst(position).starts(with: $0) }
    guard matches else { throw failure("expected \(text)") }
    position += text.utf8CodeUnitCount
  }

  private mutating func number() throws(TokenizerError) -> JSONValue {
    skipSpace()
    let start = position
    accept("-")
    let leading = position
    guard digits() > 0, bytes[leading] != UInt8(ascii: "0") || position == leading + 1 else {
      throw failure("expected a value")
    }
    var isInteger = true
    if accept(".") {
      isInteger = false
      guard digits() > 0 else { throw failure("a number without digits after its point") }
    }
    if accept("e") || accept("E") {
      isInteger = false
      if !accept("+") { accept("-") }
      guard digits() > 0 else { throw failure("a number without digits in its exponent") }
    }
    // A longer literal has no meaning here and would only cost time to convert.
    guard position - start <= 400 else { throw failure("a number of too many digits") }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let real = Double(text) else { throw failure("a number that cannot be read") }
    return .real(real)
  }

  @discardableResult
  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    return position - start
  }

  mutating func string() throws(TokenizerError) -> String {
    var characters: [UInt8] = []
    try string(into: &characters)
    return String(decoding: characters, as: UTF8.self)
  }

  private mutating func string(into characters: inout [UInt8]) throws(TokenizerError) {
    guard peek() == UInt8(ascii: "\"") else { throw failure("expected a string") }
    position += 1
    while position < bytes.count {
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\""),
        bytes[position] != UInt8(ascii: "\\"), bytes[position] >= 0x20
      {
        position += 1
      }
      characters.append(contentsOf: bytes[start..<position])
      guard position < bytes.count else { break }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &characters)
      default:
        throw failure("a control character inside a string")
      }
    }
    throw failure("a string without an end")
  }

  private mutating func escape(into characters: inout [UInt8]) throws(TokenizerError) {
    guard position < bytes.count else { throw failure("a string without an end") }
    let code = bytes[position]
    position += 1
    switch code {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): characters.append(code)
    case UInt8(ascii: "b"): characters.append(0x08)
    case UInt8(ascii: "f"): characters.append(0x0C)
    case UInt8(ascii: "n"): characters.append(0x0A)
    case UInt8(ascii: "r"): characters.append(0x0D)
    case UInt8(ascii: "t"): characters.append(0x09)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if unit & 0xFC00 == 0xD800, position + 1 < bytes.count,
        bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00 else { throw failure("half of a surrogate pair") }
        unit = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(unit) else { throw failure("half of a surrogate pair") }
      characters.append(contentsOf: UTF8.encode(scalar)!)
    default:
      throw failure("an unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws(TokenizerError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else {
        throw failure("an escape without four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }
}
