import Files

/// The members of a JSON object, with errors that name the file and the key.
struct JSONObject {
  let file: String
  /// Where the object is in the file: empty, or keys that end in a point.
  private let path: String
  private let members: JSONMembers

  init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
    do {
      guard case .object(let members) = try JSON(parsing: bytes) else {
        throw TokenizerError.malformed(file: file, reason: "is not a JSON object")
      }
      self.init(members, file: file)
    } catch let error as JSON.SyntaxError {
      throw TokenizerError(file: file, error)
    } catch {
      throw error as! TokenizerError
    }
  }

  init(_ members: JSONMembers, file: String, path: String = "") {
    self.members = members
    self.file = file
    self.path = path
  }

  /// In the order of the file.
  var keys: [String] { members.keys }

  func has(_ key: String) -> Bool { members[key] != nil }

  subscript(key: String) -> JSON? { members[key] }

  func failure(_ key: String, _ expected: String) -> TokenizerError {
    .malformed(file: file, reason: "\(path)\(key) is not \(expected)")
  }

  // A member that is null counts as absent.

  func bool(_ key: String) throws(TokenizerError) -> Bool? {
    switch members[key] {
    case nil, .null: return nil
    case .bool(let value): return value
    default: throw failure(key, "true or false")
    }
  }

  func string(_ key: String) throws(TokenizerError) -> String? {
    switch members[key] {
    case nil, .null: return nil
    case .string(let value): return value
    default: throw failure(key, "a string")
    }
  }

  func integer(_ key: String) throws(TokenizerError) -> Int? {
    switch members[key] {
    case nil, .null: return nil
    case .integer(let value): return value
    default: throw failure(key, "an integer")
    }
  }

  func object(_ key: String) throws(TokenizerError) -> JSONObject? {
    switch members[key] {
    case nil, .null: return nil
    case .object(let value): return JSONObject(value, file: file, path: "\(path)\(key).")
    default: throw failure(key, "an object")
    }
  }

  func array(_ key: String) throws(TokenizerError) -> [JSON]? {
    switch members[key] {
    case nil, .null: return nil
    case .array(let value): return value
    default: throw failure(key, "an array")
    }
  }

  func objects(_ key: String) throws(TokenizerError) -> [JSONObject]? {
    guard let array = try array(key) else { return nil }
    var objects: [JSONObject] = []
    for (index, element) in array.enumerated() {
      guard case .object(let value) = element else {
        throw failure("\(key)[\(index)]", "an object")
      }
      objects.append(JSONObject(value, file: file, path: "\(path)\(key)[\(index)]."))
    }
    return objects
  }

  func required<Value>(_ key: String, _ value: Value?) throws(TokenizerError) -> Value {
    guard let value else { throw .malformed(file: file, reason: "\(path)\(key) is missing") }
    return value
  }
}
