import Files

/// `config.json` and its like: small files that hold a JSON object.
enum ConfigurationJSON {
  private static let byteLimit = 16 << 20

  /// - Parameter remedy: What to do where the file cannot be read.
  static func bytes(ofFile path: String, remedy: String? = nil) throws(CheckpointError) -> [UInt8] {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw CheckpointError(error, remedy: remedy)
    }
    try refuseGitLFSPointer(file, insteadOf: "the file itself")
    guard file.count <= byteLimit else {
      throw CheckpointError(
        .malformed, file: path, "has \(file.count) bytes; a configuration has a few thousand")
    }
    return file.bytes(in: 0..<file.count)
  }

  /// - Parameter path: Of the file that the bytes are from.
  static func members(of bytes: [UInt8], path: String) throws(CheckpointError) -> JSONMembers {
    let document: JSON
    do {
      document = try JSON(parsing: bytes)
    } catch {
      throw CheckpointError(.malformed, file: path, error)
    }
    guard case .object(let members) = document else {
      throw CheckpointError(
        .malformed, file: path, "holds \(document.kind) where a JSON object is expected")
    }
    return members
  }
}
