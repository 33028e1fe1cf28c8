/// A string as files mean it: equal to another only where both are of the same Unicode scalars.
///
/// Swift's `String` takes canonically equivalent texts for one: a composed and a decomposed é, or K and
/// the sign of kelvin. In a file they are two tokens, keys, labels or names. Every dictionary and set of
/// such strings is keyed by this type, ordered as Python's `sorted` orders them.
package struct ExactString: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let string: String

  package init(_ string: some StringProtocol) {
    self.string = String(string)
  }

  package var description: String { string }

  package static func == (left: Self, right: Self) -> Bool {
    left.string.isExactly(right.string)
  }

  package static func < (left: Self, right: Self) -> Bool {
    left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

extension StringProtocol {
  /// Whether both are of the same Unicode scalars.
  package func isExactly(_ other: some StringProtocol) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}

extension Sequence where Element == String {
  /// The strings in the order of their scalars, as Python's `sorted` has it.
  package func exactlySorted() -> [String] {
    map { ExactString($0) }.sorted().map(\.string)
  }
}

extension Dictionary where Key == ExactString {
  package subscript(key: String) -> Value? {
    get { self[ExactString(key)] }
    set { self[ExactString(key)] = newValue }
  }

  package subscript(key: String, default standard: @autoclosure () -> Value) -> Value {
    get { self[ExactString(key)] ?? standard() }
    _modify { yield &self[ExactString(key), default: standard()] }
  }

  package mutating func updateValue(_ value: Value, forKey key: String) -> Value? {
    updateValue(value, forKey: ExactString(key))
  }
}

extension Set where Element == ExactString {
  package func contains(_ member: String) -> Bool {
    contains(ExactString(member))
  }

  /// Returns whether it was not there yet.
  package mutating func insert(_ member: String) -> Bool {
    insert(ExactString(member)).inserted
  }
}
