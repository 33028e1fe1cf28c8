import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#elseif canImport(Glibc)
  import Glibc
#endif

/// The files of a model's folder that concern its tokenizer.
struct ModelFolder {
  /// Above any tokenizer there is; bounds what reading a file can take of memory.
  static let maximumFileSize = 128 << 20

  let url: URL

  /// The bytes of a file, or nil where there is none of that name.
  func bytes(of name: String) throws(TokenizerError) -> [UInt8]? {
    let path = path(of: name)
    // FileManager's attributes would look up the file's owner, which takes milliseconds.
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .unreadable(file: path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: path, reason: "it is not a file")
    }
    guard status.st_size <= Self.maximumFileSize else {
      throw .unreadable(
        file: path, reason: "it has \(status.st_size) bytes, over \(Self.maximumFileSize)")
    }
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw .unreadable(file: path, reason: "\(error)")
    }
    guard !GitLFSPointer.begins(bytes) else { throw .gitLFSPointer(file: path) }
    return bytes
  }

  /// The members of a JSON object, or nil where there is no file of that name.
  func object(of name: String) throws(TokenizerError) -> JSONObject? {
    guard let bytes = try bytes(of: name) else { return nil }
    return try JSONObject(bytes, file: path(of: name))
  }

  func path(of name: String) -> String {
    url.appending(path: name).path
  }
}
