import Tensors

/// A clone without Git LFS has a few lines of text in place of each weights file.
func refuseGitLFSPointer(_ file: MappedFile) throws(CheckpointError) {
  let mark = Array("version https://git-lfs".utf8)
  guard let range = file.range(at: 0, count: mark.count), file.bytes(in: range) == mark else {
    return
  }
  throw CheckpointError(
    .missing, file: file.path, "is a Git LFS pointer, not the weights themselves",
    remedy: "run 'git lfs pull' in the folder")
}
