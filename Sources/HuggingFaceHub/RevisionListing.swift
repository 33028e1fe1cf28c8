package import Files
package import Foundation

/// What the Hub says a revision holds.
package struct RevisionListing: Sendable {
  package struct File: Sendable, Equatable {
    /// The file's size in bytes, where the server tells.
    package let size: Int?
    /// The SHA-256 of large files, which the Hub keeps in LFS.
    package let sha256: String?
  }

  /// The commit that a branch or tag stands for at the moment.
  package let commit: String
  /// The files by their paths in the repository. Nothing has checked these: ask for names, never go
  /// by them.
  package let files: [ExactString: File]

  package enum Fault: Error, CustomStringConvertible {
    case notJSON
    case badCommit(String)

    package var description: String {
      switch self {
      case .notJSON: "not the JSON that was expected"
      case .badCommit(let commit): "for \(quoted(commit)), which is no commit"
      }
    }
  }

  package init(_ json: Data) throws(Fault) {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: json) else { throw .notJSON }
    guard ModelReference.isCommit(answer.sha) else { throw .badCommit(answer.sha) }
    commit = answer.sha
    files = Dictionary(
      answer.siblings.map {
        (
          ExactString($0.rfilename),
          File(size: $0.size.flatMap(FileSize.checked), sha256: $0.lfs?.sha256)
        )
      }
    ) { first, _ in first }
  }

  private struct Answer: Decodable {
    struct Sibling: Decodable {
      struct LFS: Decodable {
        let sha256: String?
      }
      let rfilename: String
      let size: Int?
      let lfs: LFS?
    }
    let sha: String
    let siblings: [Sibling]
  }
}
