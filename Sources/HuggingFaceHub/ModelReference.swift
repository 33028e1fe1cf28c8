/// Which model of the Hugging Face Hub is meant, at which revision.
///
/// Written `organisation/name`, `name` (the models of the Hub's first days) or either with
/// `@revision` behind it.
public struct ModelReference: Sendable, Hashable, CustomStringConvertible {
  /// `ultraleow/cloud4bert`.
  public let repository: String
  /// A branch, a tag, or a commit's 40 hexadecimal digits.
  public let revision: String

  /// Nil where `text` does not look like a repository's name
  /// (https://huggingface.co/docs/hub/repositories, `validate_repo_id` of huggingface_hub).
  ///
  /// - Parameters:
  ///   - text: `organisation/name` or `organisation/name@revision`.
  ///   - revision: Instead of one behind `@`; `main` where there is neither.
  public init?(_ text: String, revision: String? = nil) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, revision != nil { return nil }
    repository = String(parts[0])
    self.revision = revision ?? (parts.count == 2 ? String(parts[1]) : "main")
    guard Self.isRepository(repository), Self.isRevision(self.revision) else { return nil }
  }

  public var description: String {
    revision == "main" ? repository : "\(repository)@\(revision)"
  }

  /// Whether the revision can never mean anything else later.
  var isCommit: Bool { Self.isCommit(revision) }

  static func isCommit(_ text: String) -> Bool {
    text.utf8.count == 40 && text.utf8.allSatisfy { Self.isDigit($0) || (0x61...0x66).contains($0) }
  }

  private static func isRepository(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    // What stands before the slash of a page's address is no organisation.
    if parts.count == 2, ModelAddress.hosts.contains(parts[0].lowercased()) { return false }
    return parts.count <= 2 && !text.contains("--") && !text.contains("..")
      && !text.hasSuffix(".git")
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, let last = part.utf8.last else { return false }
        return part.utf8.count <= 96 && isWordByte(first) && isWordByte(last)
          && part.utf8.allSatisfy { isWordByte($0) || $0 == 0x2D || $0 == 0x2E }
      }
  }

  /// What git allows of a name, less what would mean something in a path.
  private static func isRevision(_ text: String) -> Bool {
    text.utf8.count <= 200 && !text.contains("..")
      && text.utf8.allSatisfy { isWordByte($0) || "-.+/".utf8.contains($0) }
      && text.split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
  }
}
