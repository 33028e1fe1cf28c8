/// What the Hub's headers say of a file's contents.
package struct BlobIdentity: Sendable, Equatable {
  /// The ETag, which names the blob in the cache: the SHA-256 of a large file, the SHA-1 of the git
  /// blob of a small one; from other servers anything.
  package let tag: String
  /// The file's size in bytes, where the server tells.
  package let size: Int?

  /// Takes what the headers of an answer say; nil where the tag is missing, or would not do as the
  /// name of a file.
  package init?(tag: String?, size: String?) {
    guard var name = tag?[...] else { return nil }
    if name.hasPrefix("W/") { name = name.dropFirst(2) }
    if name.utf8.count >= 2, name.first == "\"", name.last == "\"" {
      name = name.dropFirst().dropLast()
    }
    guard let first = name.utf8.first, Self.isWord(first), name.utf8.count <= 128,
      name.utf8.allSatisfy({ Self.isWord($0) || "-._".utf8.contains($0) })
    else { return nil }
    self.tag = String(name)
    self.size = size.flatMap { Int($0) }.flatMap(FileSize.checked)
  }

  /// The digest that the tag is, if it is one.
  var digest: (algorithm: Digest.Algorithm, value: String)? {
    guard tag.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
      return nil
    }
    return switch tag.utf8.count {
    case 64: (.sha256, tag)
    case 40: (.gitBlob, tag)
    default: nil
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

/// Numbers of bytes as servers tell them.
enum FileSize {
  /// Far above any file of the Hub, so that sums and products of a few such numbers never overflow.
  private static let limit = 1 << 50

  /// Nil for a number that is no size of a file.
  static func checked(_ byteCount: Int) -> Int? {
    (0...limit).contains(byteCount) ? byteCount : nil
  }
}
