/// What stands in place of a large file in a clone without Git LFS: a few lines of text
/// (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
package enum GitLFSPointer {
  package static let mark = Array("version https://git-lfs".utf8)
  package static let remedy = "run 'git lfs pull' in the folder"

  /// - Parameter head: The file's first bytes, at least as many as ``mark`` has where it has them.
  package static func begins(_ head: some Collection<UInt8>) -> Bool { head.starts(with: mark) }
}
