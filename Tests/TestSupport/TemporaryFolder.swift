public import Files
public import Foundation

/// A folder of its own for a test, gone with its last user.
public final class TemporaryFolder: Sendable {
  public let url: URL

  /// - Parameter files: What it holds at first, by name.
  public init(_ files: [String: [UInt8]] = [:]) throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "cloud4bert-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, bytes) in files { try write(bytes, to: name) }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func path(_ name: String) -> String {
    url.appending(path: name).path(percentEncoded: false)
  }

  /// Returns the file's path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let (path, bytes) = (path(name), Array(bytes))
    // Not `Data.write`, which waits for the disk: mutation tests write many thousands of files.
    guard let file = fopen(path, "wb") else { throw CocoaError(.fileWriteUnknown) }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw CocoaError(.fileWriteUnknown) }
    return path
  }

  /// Returns the file's path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try write(text.utf8, to: name)
  }

  public func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: url.appending(path: name)))
  }

  public func read(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }

  /// The bytes as a mapped file. Each call takes the place of the file before.
  public func map(_ bytes: [UInt8]) throws -> MappedFile {
    // Removed, not overwritten: ext4 waits for the disk when a file is cut to nothing and refilled.
    try? FileManager.default.removeItem(at: url.appending(path: "file"))
    try write(bytes, to: "file")
    return try MappedFile(path: url.appending(path: "file").path)
  }
}
