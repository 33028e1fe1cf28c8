import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The members of a JSON file of sentence-transformers, each read with its checks.
struct SentenceFields {
  let members: JSONMembers
  let path: String
  /// Before a key in messages: the object that it is a member of.
  var prefix = ""

  /// Nil where there is no such file.
  init?(_ name: String, in folder: URL) throws(CheckpointError) {
    guard let bytes = try Self.bytes(of: name, in: folder) else { return nil }
    path = folder.appending(path: name).path
    members = try ConfigurationJSON.members(of: bytes, path: path)
  }

  init(_ members: JSONMembers, path: String, prefix: String = "") {
    self.members = members
    self.path = path
    self.prefix = prefix
  }

  static func bytes(of name: String, in folder: URL) throws(CheckpointError) -> [UInt8]? {
    let path = folder.appending(path: name).path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try ConfigurationJSON.bytes(ofFile: path)
  }

  func failure(
    _ kind: CheckpointError.Kind, _ key: String?, _ problem: String, remedy: String? = nil
  ) -> CheckpointError {
    CheckpointError(kind, file: path, key: key.map { prefix + $0 }, problem, remedy: remedy)
  }

  private func wrong(_ key: String, _ value: JSON, _ expected: String) -> CheckpointError {
    failure(.malformed, key, "is \(value.kind) where \(expected) is expected")
  }

  /// The member, where it is there and not null.
  func member(_ key: String) -> JSON? {
    members[key].flatMap { $0 == .null ? nil : $0 }
  }

  func bool(_ key: String, default standard: Bool) throws(CheckpointError) -> Bool {
    guard let value = member(key) else { return standard }
    guard case .bool(let bool) = value else { throw wrong(key, value, "true or false") }
    return bool
  }

  func string(_ key: String) throws(CheckpointError) -> String? {
    guard let value = member(key) else { return nil }
    guard case .string(let string) = value else { throw wrong(key, value, "a string") }
    return string
  }

  /// A number from `least` on; nil where it is missing.
  func size(
    _ key: String, least: Int = 1, limit: Int = 1 << 20, what: String = "a positive integer"
  ) throws(CheckpointError) -> Int? {
    guard let value = member(key) else { return nil }
    guard case .integer(let size) = value, size >= least else { throw wrong(key, value, what) }
    guard size <= limit else {
      throw failure(.unsupported, key, "is \(size); at most \(limit) is supported")
    }
    return size
  }

  func requiredSize(_ key: String) throws(CheckpointError) -> Int {
    guard let size = try size(key) else { throw failure(.malformed, key, "is missing") }
    return size
  }

  func object(_ key: String) throws(CheckpointError) -> SentenceFields? {
    guard let value = member(key) else { return nil }
    guard case .object(let members) = value else { throw wrong(key, value, "an object") }
    return SentenceFields(members, path: path, prefix: "\(prefix)\(key).")
  }

  /// Refuses what nobody here heeds.
  func refuseOthers(than known: Set<String>) throws(CheckpointError) {
    guard let other = members.keys.first(where: { !known.contains($0) }) else { return }
    throw failure(.unsupported, other, "is a setting that this package does not know")
  }
}
