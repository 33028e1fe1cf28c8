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

  package enum Fault: JSONFailure, CustomStringConvertible {
    case notJSON
    case badCommit(String)

    package init(_ error: JSONFieldError) { self = .notJSON }

    package var description: String {
      switch self {
      case .notJSON: "not the JSON that was expected"
      case .badCommit(let commit): "for \(quoted(commit)), which is no commit"
      }
    }
  }

  package init(_ json: Data) throws(Fault) {
    let answer = try JSONFields<Fault>(parsing: Array(json), file: "")
    commit = try answer.required("sha", try answer.string("sha"))
    guard ModelReference.isCommit(commit) else { throw .badCommit(commit) }
    var files: [ExactString: File] = [:]
    for sibling in try answer.required("siblings", try answer.objects("siblings")) {
      let name = try sibling.required("rfilename", try sibling.string("rfilename"))
      let size = try sibling.integer("size").flatMap(FileSize.checked)
      let digest = try sibling.object("lfs")?.string("sha256")
      if files[name] == nil { files[name] = File(size: size, sha256: digest) }
    }
    self.files = files
  }
}
