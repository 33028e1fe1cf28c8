/// A value of a JSON document (RFC 8259).
///
/// Our own reader, as model files come from strangers and from Python: it keeps the order of keys, takes
/// no two keys for one, and takes the numbers that are none.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits.
  case integer(Int)
  /// Any other number; also the `NaN`, `Infinity` and `-Infinity` of Python's `json`, and, infinite as
  /// there, what is too large.
  case number(Double)
  case string(String)
  /// A string with half a surrogate pair, which Python takes and no Unicode text has: what stands between
  /// the quotation marks.
  case brokenString(source: String)
  case array([JSON])
  case object(JSONMembers)

  /// Why a document is refused, and at which byte.
  package struct SyntaxError: Error, Equatable {
    package let offset: Int
    package let problem: String

    package init(offset: Int, problem: String) {
      self.offset = offset
      self.problem = problem
    }
  }

  /// - Parameters:
  ///   - valueLimit: How many values, keys not counted, a document may hold: 100 MB of
  ///   `[0,0,0` would otherwise take gigabytes.
  ///   - isStrict: Whether an object must not have a key twice, where else the last one counts, nor a
  ///   string half a surrogate pair. Python takes both.
  package init(
    parsing bytes: [UInt8], valueLimit: Int = 4_000_000, isStrict: Bool = false
  ) throws(SyntaxError) {
    var reader = JSONReader(bytes, valueLimit: valueLimit, isStrict: isStrict)
    self = try reader.value()
    try reader.finish()
  }

  /// What kind of value it is, for error messages.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): quoted(value)
    case .brokenString: "a string with half a surrogate pair"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: Equatable {
  package static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)),
      (.brokenString(let left), .brokenString(let right)):
      left.isExactly(right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}
