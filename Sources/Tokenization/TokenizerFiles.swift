import Files

// The files of a model's folder that concern its tokenizer.
extension OpenedFolder {
  /// The bytes of a file, or nil where there is none of that name.
  func tokenizerFile(_ name: String) throws(TokenizerError) -> [UInt8]? {
    let bytes: [UInt8]
    do {
      guard let contents = try self.bytes(of: name) else { return nil }
      bytes = contents
    } catch {
      throw .unreadable(
        file: error.path, reason: error.kind == .notAFile ? "it is not a file" : error.reason)
    }
    guard !GitLFSPointer.begins(bytes) else { throw .gitLFSPointer(file: path(of: name)) }
    return bytes
  }

  /// The members of a JSON object, or nil where there is no file of that name.
  func tokenizerFields(_ name: String) throws(TokenizerError) -> TokenizerFields? {
    guard let bytes = try tokenizerFile(name) else { return nil }
    return try TokenizerFields(parsing: bytes, file: path(of: name))
  }
}
