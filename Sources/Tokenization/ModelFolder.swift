#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The files of a model's folder that concern its tokenizer.
struct ModelFolder {
  /// Above any tokenizer there is; bounds what reading a file can take of memory.
  static let maximumFileSize = 128 << 20

  let url: URL

  /// The bytes of a file, or nil where there is none of that name.
  func bytes(of name: String) throws(TokenizerError) -> [UInt8]? {
    let path = path(of: name)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      return nil
    }
    if let size = attributes[.size] as? Int, size > Self.maximumFileSize {
      throw .unreadable(file: path, reason: "it has \(size) bytes, over \(Self.maximumFileSize)")
    }
    do {
      return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw .unreadable(file: path, reason: "\(error)")
    }
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
