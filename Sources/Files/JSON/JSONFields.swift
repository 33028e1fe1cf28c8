/// The members of an object in a JSON file, each read with its checks: whoever asks for another kind of
/// value than there is gets the file, the key, what was expected and what was found.
///
/// A member that is null counts as absent, as transformers writes null for what is not set.
package struct JSONFields<Failure: JSONFailure>: Sendable {
  /// The file's path, for messages.
  package let file: String
  package let members: JSONMembers
  /// Before a key in messages: nothing, or the keys that lead to the object and a point.
  private let place: String

  /// Takes a file that holds an object.
  package init(parsing bytes: [UInt8], file: String) throws(Failure) {
    let document = try JSON.document(bytes, file: file, failure: Failure.self)
    guard case .object(let members) = document else {
      throw Failure(
        JSONFieldError(file: file, "holds \(document.kind) where a JSON object is expected"))
    }
    self.init(members, file: file)
  }

  /// - Parameter place: Keys that lead to the object, with a point at their end.
  package init(_ members: JSONMembers, file: String, place: String = "") {
    self.members = members
    self.file = file
    self.place = place
  }

  /// The same members for a reader that fails in another way.
  package init(_ other: JSONFields<some JSONFailure>) {
    self.init(other.members, file: other.file, place: other.place)
  }

  /// The member, where it is there and not null.
  package subscript(key: String) -> JSON? {
    members[key].flatMap { $0 == .null ? nil : $0 }
  }

  /// Whether the member is there, be it null.
  package func has(_ key: String) -> Bool { members[key] != nil }

  /// The keys in the order of the file, where they are data and not names of settings.
  package func keys() throws(Failure) -> [String] {
    guard members.brokenKeys.isEmpty else { throw failure(.malformed, nil, Self.brokenKey(place)) }
    return members.keys
  }

  private static func brokenKey(_ place: String) -> String {
    "has a key with half a surrogate pair"
      + (place.isEmpty ? "" : " in \(quoted(String(place.dropLast())))")
  }

  // MARK: Failures

  package func failure(
    _ kind: JSONFieldError.Kind, _ key: String?, _ problem: String, remedy: String? = nil
  ) -> Failure {
    Failure(
      JSONFieldError(kind, file: file, key: key.map { place + $0 }, problem, remedy: remedy))
  }

  /// - Parameter expected: Such as "a string".
  package func wrong(_ key: String, _ expected: String) -> Failure {
    wrong(key, members[key], expected)
  }

  /// - Parameter key: May go on behind that of a member: `names[2]`.
  package func wrong(_ key: String, _ value: JSON?, _ expected: String) -> Failure {
    failure(.malformed, key, "is \(value?.kind ?? "missing") where \(expected) is expected")
  }

  /// The value, which must be there.
  package func required<Value>(_ key: String, _ value: Value?) throws(Failure) -> Value {
    guard let value else { throw failure(.malformed, key, "is missing") }
    return value
  }

  /// Refuses a member that nobody heeds.
  package func refuseOthers(than known: Set<String>) throws(Failure) {
    guard let other = try keys().first(where: { !known.contains($0) }) else { return }
    throw failure(.unsupported, other, "is a setting that this package does not know")
  }

  // MARK: Values

  package func boolean(_ key: String) throws(Failure) -> Bool? {
    guard let value = self[key] else { return nil }
    guard case .bool(let boolean) = value else { throw wrong(key, "true or false") }
    return boolean
  }

  /// - Parameters:
  ///   - least: The least that makes sense.
  ///   - limit: The most that is supported.
  ///   - expected: The range in words, where "an integer" or "a positive integer" would not do.
  package func integer(
    _ key: String, from least: Int = .min, limit: Int = .max, _ expected: String? = nil
  ) throws(Failure) -> Int? {
    guard let value = self[key] else { return nil }
    guard case .integer(let integer) = value, integer >= least else {
      let range =
        switch least {
        case .min: "an integer"
        case 1: "a positive integer"
        default: "an integer from \(least) on"
        }
      throw wrong(key, expected ?? range)
    }
    guard integer <= limit else {
      throw failure(.unsupported, key, "is \(integer); at most \(limit) is supported")
    }
    return integer
  }

  /// An integer, which Python may have written as a float: `3.0`.
  package func wholeNumber(_ key: String) throws(Failure) -> Int? {
    if case .number(let number)? = self[key], let integer = Int(exactly: number) { return integer }
    return try integer(key)
  }

  /// Any number, also one that is none.
  package func number(_ key: String) throws(Failure) -> Double? {
    switch self[key] {
    case nil: return nil
    case .number(let number)?: return number
    case .integer(let number)?: return Double(number)
    default: throw wrong(key, "a number")
    }
  }

  /// A finite number from 0 on.
  ///
  /// - Parameter most: The most that it may be.
  package func magnitude(_ key: String, to most: Int? = nil) throws(Failure) -> Double? {
    guard let number = try number(key) else { return nil }
    guard number >= 0, number <= most.map(Double.init) ?? .greatestFiniteMagnitude else {
      throw wrong(key, most.map { "a number in 0...\($0)" } ?? "a number from 0 on")
    }
    return number
  }

  package func string(_ key: String) throws(Failure) -> String? {
    guard let value = self[key] else { return nil }
    guard case .string(let string) = value else { throw wrong(key, "a string") }
    return string
  }

  /// - Parameter element: What each of the strings is.
  package func strings(
    _ key: String, of element: String = "strings"
  ) throws(Failure) -> [String]? {
    guard let value = self[key] else { return nil }
    guard case .array(let elements) = value else { throw wrong(key, "a list of \(element)") }
    var strings: [String] = []
    for (index, element) in elements.enumerated() {
      guard case .string(let string) = element else {
        throw wrong("\(key)[\(index)]", element, "a string")
      }
      strings.append(string)
    }
    return strings
  }

  package func array(_ key: String) throws(Failure) -> [JSON]? {
    guard let value = self[key] else { return nil }
    guard case .array(let elements) = value else { throw wrong(key, "an array") }
    return elements
  }

  package func object(_ key: String) throws(Failure) -> Self? {
    guard let value = self[key] else { return nil }
    return try object(key, value)
  }

  package func objects(_ key: String) throws(Failure) -> [Self]? {
    guard let elements = try array(key) else { return nil }
    var objects: [Self] = []
    for (index, element) in elements.enumerated() {
      objects.append(try object("\(key)[\(index)]", element))
    }
    return objects
  }

  /// A value that is not a member itself, as an object.
  ///
  /// - Parameter key: Where it is.
  package func object(_ key: String, _ value: JSON) throws(Failure) -> Self {
    guard case .object(let members) = value else { throw wrong(key, value, "an object") }
    return Self(members, file: file, place: "\(place)\(key).")
  }
}

/// What is wrong with a JSON file or one of its members, in words without the file's name.
package struct JSONFieldError: Error, Equatable {
  package enum Kind: Sendable {
    /// Damaged, or another kind of value than the format has there.
    case malformed
    /// Sound, but not done here.
    case unsupported
  }

  package let kind: Kind
  package let file: String
  /// With the keys that lead there; nil where it is about the whole file.
  package let key: String?
  package let problem: String
  package let remedy: String?

  package init(
    _ kind: Kind = .malformed, file: String, key: String? = nil, _ problem: String,
    remedy: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.key = key
    self.problem = problem
    self.remedy = remedy
  }
}

/// A module's own error, which a ``JSONFieldError`` becomes.
package protocol JSONFailure: Error {
  init(_ error: JSONFieldError)
}

extension JSON {
  /// The whole file.
  ///
  /// - Parameter isStrict: As of ``init(parsing:valueLimit:isStrict:)``.
  package static func document<Failure: JSONFailure>(
    _ bytes: [UInt8], file: String, isStrict: Bool = false,
    failure: Failure.Type = Failure.self
  ) throws(Failure) -> JSON {
    do {
      return try JSON(parsing: bytes, isStrict: isStrict)
    } catch {
      throw Failure(JSONFieldError(file: file, error))
    }
  }
}

extension JSONFieldError {
  package init(file: String, _ error: JSON.SyntaxError) {
    self.init(file: file, "is not valid JSON at byte \(error.offset): \(error.problem)")
  }
}
