import Files
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A blob while it grows. What one attempt wrote, the next one continues.
final class PartialFile: ResponseBody {
  let url: URL
  private let file: FileDescriptor
  private let expectedSize: Int?
  private let onProgress: @Sendable (Int) -> Void
  private let state = Mutex(State())

  private struct State {
    var byteCount = 0
    /// Whether the answer's body belongs into the file.
    var isContent = false
  }

  /// - Parameter onProgress: Told how many bytes there are, when there are more.
  init(
    _ url: URL, expectedSize: Int?, onProgress: @escaping @Sendable (Int) -> Void
  ) throws(HubError) {
    self.url = url
    self.expectedSize = expectedSize
    self.onProgress = onProgress
    file = try HubCache.writing(url) { () throws(SystemFailure) in
      try FileDescriptor(opening: url.path, for: .both, [.create, .noLink])
    }
    let byteCount = try HubCache.writing(url) { () throws(SystemFailure) in
      try file.seekToEnd()
    }
    state.withLock { $0.byteCount = byteCount }
  }

  deinit {
    try? file.close()
  }

  var byteCount: Int { state.withLock { $0.byteCount } }

  func removeAll() throws(HubError) {
    try state.withLock { state throws(HubError) in try truncate(&state) }
  }

  private func truncate(_ state: inout State) throws(HubError) {
    try HubCache.writing(url) { () throws(SystemFailure) in try file.truncate(to: 0) }
    state.byteCount = 0
  }

  func begin(_ response: HTTPURLResponse) throws {
    try state.withLock { state in
      state.isContent = false
      switch response.statusCode {
      case 200:
        // All of it, asked for or not.
        try truncate(&state)
        state.isContent = true
      case 206:
        guard Self.start(of: response.header("Content-Range")) == state.byteCount else {
          throw HubError.unexpectedAnswer(
            url: response.url?.host ?? "the server",
            problem: "asked for a file from byte \(state.byteCount) on, it sent "
              + (response.header("Content-Range").map(quoted) ?? "no Content-Range"))
        }
        state.isContent = true
      case 416:
        // There is nothing behind what is here already: it is not the beginning of this file.
        try truncate(&state)
      default: break
      }
    }
  }

  /// The 100 of `bytes 100-199/200`.
  private static func start(of range: String?) -> Int? {
    guard let range, range.hasPrefix("bytes ") else { return nil }
    return Int(range.dropFirst(6).prefix { $0 != "-" })
  }

  func append(_ data: Data) throws {
    let byteCount: Int? = try state.withLock { state in
      guard state.isContent else { return nil }
      if let expectedSize, state.byteCount + data.count > expectedSize {
        throw Overflow(byteCount: state.byteCount + data.count)
      }
      try data.withUnsafeBytes { bytes in
        try HubCache.writing(url) { () throws(SystemFailure) in
          try file.writeAll(bytes, at: state.byteCount)
        }
      }
      state.byteCount += data.count
      return state.byteCount
    }
    if let byteCount { onProgress(byteCount) }
  }

  /// More came than the file can have.
  struct Overflow: Error {
    let byteCount: Int
  }

  /// The digest of what lies on the disk.
  func digest(_ algorithm: Digest.Algorithm) throws -> String {
    var digest = Digest(algorithm, byteCount: byteCount)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while true {
      let count: Int
      do throws(SystemFailure) {
        count = try file.read(into: &buffer, at: offset)
      } catch {
        throw HubError.cannotRead(path: url.path, reason: error.reason)
      }
      if count == 0 { return digest.value() }
      try Task.checkCancellation()
      buffer.withUnsafeBytes { digest.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += count
    }
  }

  /// Gives the file its final name, with its contents safe on the disk.
  func move(to blob: URL) throws(HubError) {
    try HubCache.writing(url) { () throws(SystemFailure) in try file.synchronize() }
    try HubCache.move(url.path, to: blob.path)
  }

  func delete() {
    FileSystem.remove(url.path)
  }
}
