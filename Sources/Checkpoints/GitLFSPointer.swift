import Files

/// A clone without Git LFS has a few lines of text in place of each large file.
func refuseGitLFSPointer(_ file: MappedFile) throws(CheckpointError) {
  try refuseGitLFSPointer(
    file.bytes(in: 0..<min(file.count, GitLFSPointer.mark.count)), path: file.path,
    insteadOf: "the weights themselves")
}

/// - Parameters:
///   - head: The file's first bytes.
///   - contents: What the file should hold.
func refuseGitLFSPointer(
  _ head: [UInt8], path: String, insteadOf contents: String
) throws(CheckpointError) {
  guard GitLFSPointer.begins(head) else { return }
  throw CheckpointError(
    .malformed, file: path, "is a Git LFS pointer, not \(contents)", remedy: GitLFSPointer.remedy)
}
