import Files
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One model's part of the cache that all programs of Hugging Face share
/// (https://huggingface.co/docs/huggingface_hub/guides/manage-cache):
///
///     models--ORGANISATION--NAME/
///       blobs/ETAG                      contents, each once
///       snapshots/COMMIT/config.json    a link to ../../blobs/ETAG
///       refs/main                       the commit that main was when last asked for
///     .locks/models--ORGANISATION--NAME/ETAG.lock
struct HubCache: Sendable {
  let folder: URL
  private let locks: URL

  init(_ cache: URL, repository: String) {
    let name = "models--" + repository.split(separator: "/").joined(separator: "--")
    folder = cache.appending(path: name)
    locks = cache.appending(path: ".locks").appending(path: name)
  }

  func blob(_ tag: String) -> URL { folder.appending(path: "blobs").appending(path: tag) }

  func partialBlob(_ tag: String) -> URL { blob(tag + ".incomplete") }

  func lockFile(_ tag: String) -> URL { locks.appending(path: tag + ".lock") }

  func snapshot(_ commit: String) -> URL {
    folder.appending(path: "snapshots").appending(path: commit)
  }

  /// The commit that a revision stood for when it was last fetched.
  func commit(of model: ModelReference) -> String? {
    if model.isCommit { return model.revision }
    guard let text = try? String(contentsOf: reference(model.revision), encoding: .utf8) else {
      return nil
    }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return ModelReference.isCommit(commit) ? commit : nil
  }

  func setCommit(_ commit: String, of model: ModelReference) throws(HubError) {
    guard !model.isCommit, self.commit(of: model) != commit else { return }
    let file = reference(model.revision)
    try Self.createFolder(file.deletingLastPathComponent())
    try Self.writing(file) { () throws(SystemFailure) in
      try Replacement.write(Array(commit.utf8), to: file.path)
    }
  }

  private func reference(_ revision: String) -> URL {
    folder.appending(path: "refs").appending(path: revision)
  }

  /// How long a file is, links followed; nil where there is none.
  static func size(of file: URL) -> Int? {
    guard let status = try? FileStatus(of: file.path), status.kind == .regular else { return nil }
    return status.size
  }

  /// Makes `file` of a snapshot a link to a blob, in place of whatever was there; without links, the
  /// blob itself, as huggingface_hub does, or a copy of it.
  ///
  /// - Parameters:
  ///   - isNew: Whether the blob was fetched for this file, so that no other snapshot has it.
  ///   - usesLinks: Whether a link is tried.
  func link(
    _ file: String, in commit: String, to tag: String, isNew: Bool, usesLinks: Bool
  ) throws(HubError) {
    let link = snapshot(commit).appending(path: file)
    try Self.createFolder(link.deletingLastPathComponent())
    // Made beside its place and moved there: a reader finds the old one or the new one.
    let temporary = link.deletingLastPathComponent().appending(path: ".\(UUID().uuidString)").path
    if usesLinks {
      let ups = String(repeating: "../", count: 2 + file.utf8.count { $0 == UInt8(ascii: "/") })
      if symlink("\(ups)blobs/\(tag)", temporary) == 0 {
        return try Self.move(temporary, to: link.path)
      }
      // What disks without links answer: FAT, some of networks.
      guard [EPERM, EOPNOTSUPP, ENOTSUP, ENOSYS, EINVAL].contains(errno) else {
        throw Self.failure(temporary, .last)
      }
    }
    if isNew { return try Self.move(blob(tag).path, to: link.path) }
    do {
      try FileManager.default.copyItem(
        atPath: blob(tag).resolvingSymlinksInPath().path, toPath: temporary)
    } catch {
      FileSystem.remove(temporary)
      throw Self.failure(temporary, error)
    }
    try Self.move(temporary, to: link.path)
  }

  static func createFolder(_ folder: URL) throws(HubError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw failure(folder.path, error)
    }
  }

  static func move(_ path: String, to other: String) throws(HubError) {
    do throws(SystemFailure) {
      try FileSystem.move(path, to: other)
    } catch {
      FileSystem.remove(path)
      throw failure(other, error)
    }
  }

  /// Makes calls of the system to write a file, and throws why it refuses.
  static func writing<Value>(
    _ file: URL, _ calls: () throws(SystemFailure) -> Value
  ) throws(HubError) -> Value {
    do throws(SystemFailure) {
      return try calls()
    } catch {
      throw failure(file.path, error)
    }
  }

  static func failure(_ path: String, _ failure: SystemFailure) -> HubError {
    failure.isOfFullDisk
      ? .diskFull(path: path) : .cannotWrite(path: path, reason: failure.reason)
  }

  private static func failure(_ path: String, _ error: any Error) -> HubError {
    let code = (error as? CocoaError)?.code
    return code == .fileWriteOutOfSpace
      ? .diskFull(path: path) : .cannotWrite(path: path, reason: error.localizedDescription)
  }
}
