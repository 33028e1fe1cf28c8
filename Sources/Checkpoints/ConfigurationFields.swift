package import Files

/// The members of `config.json` or one of its like: small files that hold a JSON object.
package typealias ConfigurationFields = JSONFields<CheckpointError>

extension JSONFields<CheckpointError> {
  /// Those of `config.json` in `folder`.
  package init(folder: OpenedFolder) throws(CheckpointError) {
    guard let fields = try Self(ModelFileName.configuration, in: folder) else {
      throw FolderWithoutModel(folder.url).error
    }
    self = fields
  }

  /// Nil where there is no file of that name.
  init?(_ name: String, in folder: OpenedFolder) throws(CheckpointError) {
    guard let bytes = try folder.configuration(name) else { return nil }
    try self.init(parsing: bytes, file: folder.path(of: name))
  }
}

extension OpenedFolder {
  /// The bytes of a file of settings, or nil where there is none of that name.
  func configuration(_ name: String) throws(CheckpointError) -> [UInt8]? {
    let bytes: [UInt8]
    do {
      guard let contents = try self.bytes(of: name) else { return nil }
      bytes = contents
    } catch {
      throw CheckpointError(error)
    }
    try refuseGitLFSPointer(bytes, path: path(of: name), insteadOf: "the file itself")
    guard !bytes.isEmpty else {
      throw CheckpointError(.malformed, file: path(of: name), "is empty")
    }
    guard bytes.count <= 16 << 20 else {
      throw CheckpointError(
        .malformed, file: path(of: name),
        "has \(bytes.count) bytes; a configuration has a few thousand")
    }
    return bytes
  }
}
