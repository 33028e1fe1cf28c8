import Files
import Foundation

/// The right to write a blob, held by one program at a time, be it this package or Python's
/// huggingface_hub: both lock the same file with `flock`, which the system lets go of with the
/// program.
final class BlobLock: Sendable {
  private let file: FileDescriptor

  /// Waits for its turn.
  init(_ url: URL) async throws {
    try HubCache.createFolder(url.deletingLastPathComponent())
    while true {
      let file = try HubCache.writing(url) { () throws(SystemFailure) in
        try FileDescriptor(opening: url.path, for: .both, [.create, .noLink], permissions: 0o664)
      }
      var isLocked = false
      do throws(SystemFailure) {
        isLocked = try file.lock()
        // Whoever deleted the file in the meantime would not see this lock.
        if isLocked, try file.status().linkCount > 0 {
          self.file = file
          return
        }
        try? file.close()
      } catch {
        try? file.close()
        throw HubCache.failure(url.path, error)
      }
      if !isLocked { try await Task.sleep(for: .milliseconds(50)) }
    }
  }

  deinit { try? file.close() }
}
