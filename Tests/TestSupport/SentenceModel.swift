public import Foundation

/// A folder of sentence-transformers, made of a case of the fixtures and a model
/// (`Scripts/fixtures/sentence_modules.py`). It goes with its last user: pass on the object itself, and
/// use its path within its methods or while it is held.
public final class SentenceModel: Sendable {
  public let url: URL
  /// The case's `expected.json`.
  public let expected: Data

  struct Members: Decodable {
    let encoder: String
    let path: String
  }

  public init(_ name: String) throws {
    url = FileManager.default.temporaryDirectory.appending(path: "sentence-\(UUID().uuidString)")
    let manager = FileManager.default
    let given = fixturesFolder.appending(path: "sentence-transformers/\(name)")
    try manager.copyItem(at: given, to: url)
    expected = try Data(contentsOf: given.appending(path: "expected.json"))
    let members = try JSONDecoder().decode(Members.self, from: expected)
    let folder = members.path.isEmpty ? url : url.appending(path: members.path)
    let source = fixturesFolder.appending(path: "checkpoints/\(members.encoder)")
    for file in try manager.contentsOfDirectory(atPath: source.path) where file != "expected.json" {
      try manager.copyItem(at: source.appending(path: file), to: folder.appending(path: file))
    }
    let object = try JSONSerialization.jsonObject(with: expected) as? [String: Any]
    for (file, members) in object?["changes"] as? [String: [String: Any]] ?? [:] {
      let place = folder.appending(path: file)
      let document = try JSONSerialization.jsonObject(with: Data(contentsOf: place))
      let changed = (document as? [String: Any] ?? [:]).merging(members) { $1 }
      try JSONSerialization.data(withJSONObject: changed).write(to: place)
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: url.appending(path: file))
  }

  public func remove(_ file: String) throws {
    try FileManager.default.removeItem(at: url.appending(path: file))
  }
}
