package import Files

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// The members of `config.json`, each read with its checks.
package struct ConfigurationFields {
  package let members: JSONMembers
  package let path: String

  /// Reads the file in `folder`.
  package init(folder: URL) throws(CheckpointError) {
    let path = folder.appending(path: "config.json").path
    let bytes: [UInt8]
    do {
      bytes = try ConfigurationJSON.bytes(ofFile: path)
    } catch let error where error.kind == .missing {
      throw FolderWithoutModel(folder).error
    }
    try self.init(json: bytes, path: path)
  }

  /// - Parameter path: Where the bytes came from, for error messages.
  package init(json bytes: [UInt8], path: String) throws(CheckpointError) {
    members = try ConfigurationJSON.members(of: bytes, path: path)
    self.path = path
  }

  package func failure(
    _ kind: CheckpointError.Kind, _ key: String?, _ problem: String, remedy: String? = nil
  ) -> CheckpointError {
    CheckpointError(kind, file: path, key: key, problem, remedy: remedy)
  }

  /// The member, where it is there and not null: transformers writes null for what is not set.
  package func member(_ key: String) -> JSON? {
    members[key].flatMap { $0 == .null ? nil : $0 }
  }

  package func size(
    _ key: String, default standard: Int, limit: Int
  ) throws(CheckpointError) -> Int {
    guard let value = member(key) else { return standard }
    guard case .integer(let size) = value, size > 0 else {
      throw failure(.malformed, key, "is \(value.kind) where a positive integer is expected")
    }
    guard size <= limit else {
      throw failure(.unsupported, key, "is \(size); at most \(limit) is supported")
    }
    return size
  }

  package func epsilon(_ key: String, default standard: Double) throws(CheckpointError) -> Double {
    guard let value = member(key) else { return standard }
    switch value {
    case .number(let epsilon) where epsilon >= 0 && epsilon < 1: return epsilon
    case .integer(0): return 0
    default: throw failure(.malformed, key, "is \(value.kind) where a number in 0..<1 is expected")
    }
  }

  /// From 0 to 1, as PyTorch's dropout takes it.
  package func probability(_ key: String, default standard: Double) throws(CheckpointError)
    -> Double
  {
    let probability = try number(key, default: standard)
    guard probability <= 1 else {
      throw failure(.malformed, key, "is \(probability) where a number in 0...1 is expected")
    }
    return probability
  }

  /// From 0 on.
  package func number(_ key: String, default standard: Double) throws(CheckpointError) -> Double {
    switch member(key) {
    case nil: return standard
    case .number(let number)? where number >= 0 && number.isFinite: return number
    case .integer(let number)? where number >= 0: return Double(number)
    case let value?:
      throw failure(.malformed, key, "is \(value.kind) where a number from 0 on is expected")
    }
  }

  package func bool(_ key: String, default standard: Bool) throws(CheckpointError) -> Bool {
    guard let value = member(key) else { return standard }
    guard case .bool(let bool) = value else {
      throw failure(.malformed, key, "is \(value.kind) where true or false is expected")
    }
    return bool
  }

  package func string(_ key: String) throws(CheckpointError) -> String? {
    guard let value = member(key) else { return nil }
    guard case .string(let string) = value else {
      throw failure(.malformed, key, "is \(value.kind) where a string is expected")
    }
    return string
  }

  package func strings(_ key: String) throws(CheckpointError) -> [String] {
    guard let value = member(key) else { return [] }
    guard case .array(let elements) = value else {
      throw failure(.malformed, key, "is \(value.kind) where a list of strings is expected")
    }
    var strings: [String] = []
    for element in elements {
      guard case .string(let string) = element else {
        throw failure(.malformed, key, "lists \(element.kind) where a string is expected")
      }
      strings.append(string)
    }
    return strings
  }
}
