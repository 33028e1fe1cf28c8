import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The right to write a blob, held by one program at a time, be it this package or Python's
/// huggingface_hub: both lock the same file with `flock`, which the system lets go of with the
/// program.
final class BlobLock: Sendable {
  private let descriptor: Int32

  /// Waits for its turn.
  init(_ file: URL) async throws {
    try HubCache.createFolder(file.deletingLastPathComponent())
    while true {
      let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o664)
      guard descriptor >= 0 else {
        if errno == EINTR { continue }
        throw HubCache.failure(file.path, code: errno)
      }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        var status = stat()
        // Whoever deleted the file in the meantime would not see this lock.
        if fstat(descriptor, &status) == 0, status.st_nlink > 0 {
          self.descriptor = descriptor
          return
        }
        close(descriptor)
        continue
      }
      let code = errno
      close(descriptor)
      guard [EWOULDBLOCK, EAGAIN, EINTR, EACCES].contains(code) else {
        throw HubCache.failure(file.path, code: code)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  deinit {
    close(descriptor)
  }
}
