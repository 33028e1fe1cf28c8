import Files

/// A clone without Git LFS has a few lines of text in place of each large file.
///
/// - Parameter contents: What the file should hold.
func refuseGitLFSPointer(
  _ file: MappedFile, insteadOf contents: String = "the weights themselves"
) throws(CheckpointError) {
  let head = file.bytes(in: 0..<min(file.count, GitLFSPointer.mark.count))
  guard GitLFSPointer.begins(head) else { return }
  throw CheckpointError(
    .malformed, file: file.path, "is a Git LFS pointer, not \(contents)",
    remedy: GitLFSPointer.remedy)
}
