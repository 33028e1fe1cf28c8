#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the system tells of a file without reading it.
package struct FileStatus: Sendable {
  package enum Kind: Sendable {
    case regular, folder, pipe, socket, other
  }

  package let kind: Kind
  /// In bytes; of what is no regular file it tells nothing.
  package let size: Int
  package let identity: FileIdentity
  /// How many names the file has: none once it is deleted.
  package let linkCount: Int
  let owner: (user: uid_t, group: gid_t)
  /// Who may do what, without the kind.
  let permissions: mode_t

  /// Follows symbolic links.
  package init(of path: String) throws(SystemFailure) {
    var status = stat()
    try FileSystem.call(path) { stat($0, &status) }
    self.init(status)
  }

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .other
      }
    size = Int(clamping: status.st_size)
    identity = FileIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
    linkCount = Int(status.st_nlink)
    owner = (status.st_uid, status.st_gid)
    permissions = status.st_mode & 0o7777
  }
}

/// Which file this is, whatever its path: two paths to the same file have the same identity.
public struct FileIdentity: Sendable, Equatable {
  let device: UInt64
  let node: UInt64
}
