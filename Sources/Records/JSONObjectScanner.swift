import Files

/// Checks that bytes are one JSON object (RFC 8259) and tells where its members lie, without
/// building a tree: a record is read at the speed of its bytes.
///
/// `NaN`, `Infinity` and `-Infinity` are values, as Python's `json` writes and reads them.
struct JSONObjectScanner {
  /// What a value is.
  enum Kind: String {
    case string = "a string"
    case number = "a number"
    case notFinite = "a number that is not finite"
    case boolean = "true or false"
    case null = "null"
    case object = "an object"
    case array = "an array"
  }

  /// A name and its value, by their places in the bytes.
  struct Member {
    /// The bytes between the quotes of the name.
    let name: Range<Int>
    let nameHasEscapes: Bool
    /// The value; of a string, the bytes between its quotes.
    let value: Range<Int>
    let kind: Kind
    let valueHasEscapes: Bool
  }

  /// Why the bytes are no object.
  enum Failure: Error, Equatable {
    case malformed(offset: Int, problem: String)
    case notAnObject(found: String)
  }

  /// How deep arrays and objects may be nested, the outermost counted.
  static let maximumDepth = 512

  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var open: [UInt8] = []

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// Calls `visit` for each member in order. Names may repeat: the last one counts, as in Python.
  ///
  /// - Returns: Where the object lies, without the white space around it.
  @discardableResult
  static func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, visit: (Member) -> Void
  ) throws(Failure) -> Range<Int> {
    var scanner = JSONObjectScanner(bytes)
    return try scanner.scanRoot(visit)
  }

  private mutating func scanRoot(_ visit: (Member) -> Void) throws(Failure) -> Range<Int> {
    skipSpace()
    let start = index
    guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else {
      // Named by its kind where it is JSON after all.
      let kind = try scanValue().kind
      skipSpace()
      if index < bytes.count { throw unexpected("the end of the line") }
      throw .notAnObject(found: kind.rawValue)
    }
    index += 1
    skipSpace()
    if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
      index += 1
    } else {
      var isLast = false
      while !isLast {
        let (name, nameHasEscapes) = try scanName()
        let (kind, value, valueHasEscapes) = try scanValue()
        visit(
          Member(
            name: name, nameHasEscapes: nameHasEscapes, value: value, kind: kind,
            valueHasEscapes: valueHasEscapes))
        skipSpace()
        switch index < bytes.count ? bytes[index] : 0 {
        case UInt8(ascii: ","): index += 1
        case UInt8(ascii: "}"):
          index += 1
          isLast = true
        default: throw unexpected("',' or '}'")
        }
      }
    }
    let end = index
    skipSpace()
    if index < bytes.count { throw unexpected("the end of the line") }
    return start..<end
  }

  /// A string and the colon behind it.
  private mutating func scanName() throws(Failure) -> (Range<Int>, hasEscapes: Bool) {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
      throw unexpected("a name in quotes")
    }
    let name = try scanString()
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw unexpected("':'") }
    index += 1
    return name
  }

  /// A value with all that is nested in it: by a stack of its own, so that no input overflows the
  /// thread's.
  private mutating func scanValue() throws(Failure) -> (
    kind: Kind, range: Range<Int>, hasEscapes: Bool
  ) {
    skipSpace()
    let start = index
    let (kind, range, hasEscapes) = try scanAtom()
    guard kind == .object || kind == .array else { return (kind, range, hasEscapes) }
    while let innermost = open.last {
      skipSpace()
      let isObject = innermost == UInt8(ascii: "{")
      switch index < bytes.count ? bytes[index] : 0 {
      case UInt8(ascii: ","):
        index += 1
        if isObject { _ = try scanName() }
        skipSpace()
        _ = try scanAtom()
      case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
        index += 1
        open.removeLast()
      default: throw unexpected(isObject ? "',' or '}'" : "',' or ']'")
      }
    }
    return (kind, start..<index, false)
  }

  /// A value without parts; or the brackets of a container down to its first such value, which
  /// leaves them open.
  private mutating func scanAtom() throws(Failure) -> (Kind, Range<Int>, hasEscapes: Bool) {
    var outermost: Kind?
    while true {
      skipSpace()
      guard index < bytes.count else { throw unexpected("a value") }
      let start = index
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        let isObject = byte == UInt8(ascii: "{")
        outermost = outermost ?? (isObject ? .object : .array)
        // The object of the line itself is one level.
        guard open.count + 1 < Self.maximumDepth else {
          throw .malformed(
            offset: index, problem: "nested more than \(Self.maximumDepth) levels deep")
        }
        open.append(byte)
        index += 1
        skipSpace()
        if index < bytes.count, bytes[index] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          index += 1
          open.removeLast()
          return (outermost ?? .null, start..<index, false)
        }
        if isObject { _ = try scanName() }
        continue
      case UInt8(ascii: "\""):
        let (range, hasEscapes) = try scanString()
        return (outermost ?? .string, range, hasEscapes)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "I") {
          index += 1
          try scanWord("Infinity")
          return (outermost ?? .notFinite, start..<index, false)
        }
        try scanNumber()
        return (outermost ?? .number, start..<index, false)
      case UInt8(ascii: "N"), UInt8(ascii: "I"):
        try scanWord(byte == UInt8(ascii: "N") ? "NaN" : "Infinity")
        return (outermost ?? .notFinite, start..<index, false)
      case UInt8(ascii: "t"): try scanWord("true")
      case UInt8(ascii: "f"): try scanWord("false")
      case UInt8(ascii: "n"):
        try scanWord("null")
        return (outermost ?? .null, start..<index, false)
      default: throw unexpected("a value")
      }
      return (outermost ?? .boolean, start..<index, false)
    }
  }

  /// A string from its opening quote on.
  private mutating func scanString() throws(Failure) -> (Range<Int>, hasEscapes: Bool) {
    let start = index + 1
    var hasEscapes = false
    index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return (start..<index - 1, hasEscapes)
      }
      if byte < 0x20 { throw unexpected("a character of a string") }
      index += 1
      guard byte == UInt8(ascii: "\\") else { continue }
      hasEscapes = true
      guard index < bytes.count else { break }
      switch bytes[index] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
        UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        index += 1
      case UInt8(ascii: "u"):
        index += 1
        for _ in 0..<4 {
          guard index < bytes.count, isHexadecimal(bytes[index]) else {
            throw unexpected("four hexadecimal digits after \\u")
          }
          index += 1
        }
      default: throw unexpected("an escape such as \\n")
      }
    }
    throw .malformed(offset: index, problem: "the line ends inside a string")
  }

  private mutating func scanNumber() throws(Failure) {
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
      index += 1
    } else {
      try scanDigits()
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      try scanDigits()
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
      {
        index += 1
      }
      try scanDigits()
    }
  }

  private mutating func scanDigits() throws(Failure) {
    let start = index
    while index < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index] { index += 1 }
    if index == start { throw unexpected("a digit") }
  }

  private mutating func scanWord(_ word: StaticString) throws(Failure) {
    let start = index
    for offset in 0..<word.utf8CodeUnitCount {
      guard index < bytes.count, bytes[index] == word.utf8Start[offset] else {
        index = start
        throw unexpected("a value")
      }
      index += 1
    }
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  private func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  private func unexpected(_ expectation: String) -> Failure {
    guard index < bytes.count else {
      return .malformed(offset: index, problem: "expected \(expectation), found the line's end")
    }
    let byte = bytes[index]
    let found: String
    if byte < 0x21 || byte == 0x7F {
      found = "the byte \(byte)"
    } else {
      // The word or character here.
      let rest = bytes[index...].prefix(12)
      let word = rest.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
      let shown = String(decoding: word.count > 1 ? word : rest.prefix(4), as: UTF8.self)
      found = quoted(String(shown.unicodeScalars.prefix(word.count > 1 ? word.count : 1)))
    }
    return .malformed(offset: index, problem: "expected \(expectation), found \(found)")
  }
}
