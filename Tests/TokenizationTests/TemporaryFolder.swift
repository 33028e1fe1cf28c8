import Foundation

/// A folder of files that is gone with its last reference.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

  init(_ files: [String: [UInt8]]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, bytes) in files { try write(bytes, name) }
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    try Data(bytes).write(to: url.appending(path: name))
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }
}
