import Quoting

/// A value of a JSON document (RFC 8259).
///
/// Our own reader, as model files come from strangers: `JSONDecoder` takes the last of two equal keys
/// without a word, so that two programs may see two different files in one.
package enum JSON: Equatable, Sendable {
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
  package struct SyntaxError: Error, Equatable {
    package let offset: Int
    package let problem: String

    package init(offset: Int, problem: String) {
      self.offset = offset
      self.problem = problem
    }
  }

  /// - Parameter valueLimit: How many values, keys not counted, a document may hold: 100 MB of
  ///   `[0,0,0` would otherwise take gigabytes.
  package init(parsing bytes: [UInt8], valueLimit: Int = 4_000_000) throws(SyntaxError) {
    var reader = JSONReader(bytes, valueLimit: valueLimit)
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
    case .array: "an array"
    case .object: "an object"
    }
  }
}
