import Foundation
import FoundationNetworking

/// One file on its way from the Hub to the cache's blobs.
struct Download: Sendable {
  let model: ModelReference
  let commit: String
  let file: String
  /// What the list of the revision says of it.
  let listed: RevisionListing.File
  let client: HubClient
  let cache: HubCache
  let settings: HubSettings
  let onProgress: @Sendable (DownloadProgress) -> Void

  /// Sees to it that the snapshot has the file; whoever else wants the same one waits meanwhile.
  func run() async throws {
    let link = cache.snapshot(commit).appending(path: file)
    if let size = HubCache.size(of: link), size == listed.size ?? size { return }
    let identity = try await retrying(settings) {
      try await client.identity(of: file, in: model, commit: commit)
    }
    let lock = try await BlobLock(cache.lockFile(identity.tag))
    defer { withExtendedLifetime(lock) {} }
    let expectedSize = identity.size ?? listed.size
    let blob = cache.blob(identity.tag)
    let found = HubCache.size(of: blob)
    let isNew = found == nil || found != expectedSize ?? found
    if isNew { try await fetch(identity, expectedSize: expectedSize, to: blob) }
    try cache.link(
      file, in: commit, to: identity.tag, isNew: isNew, usesLinks: settings.usesSymbolicLinks)
  }

  private func fetch(_ identity: BlobIdentity, expectedSize: Int?, to blob: URL) async throws {
    try HubCache.createFolder(blob.deletingLastPathComponent())
    let partial = try PartialFile(
      cache.partialBlob(identity.tag), expectedSize: expectedSize
    ) { byteCount in
      onProgress(
        DownloadProgress(
          model: model, file: file, receivedBytes: byteCount, totalBytes: expectedSize))
    }
    if let expectedSize, partial.byteCount > expectedSize { try partial.removeAll() }
    do {
      let isContinued = partial.byteCount > 0
      do {
        try await fill(partial, identity, expectedSize: expectedSize)
      } catch let error as HubError where error.isDamage && isContinued {
        // The fault may be in what an earlier run left here, so once more from the start.
        try partial.removeAll()
        try await fill(partial, identity, expectedSize: expectedSize)
      }
    } catch let error as HubError where error.isDamage {
      partial.delete()
      throw error
    }
    try partial.move(to: blob)
  }

  /// Fetches what is missing, as often as the connection is cut, and checks the whole.
  private func fill(
    _ partial: PartialFile, _ identity: BlobIdentity, expectedSize: Int?
  ) async throws {
    var byteCount = partial.byteCount
    // A server may cut every connection and yet get the file across.
    func madeProgress() -> Bool {
      defer { byteCount = partial.byteCount }
      return partial.byteCount >= byteCount + (1 << 20)
    }
    try await retrying(settings, unless: madeProgress) {
      // A file of which all bytes are there may still have to be checked.
      if let expectedSize, partial.byteCount == expectedSize, expectedSize > 0 { return }
      do {
        while try await isPiece(partial, expectedSize: expectedSize) {}
      } catch let error as PartialFile.Overflow {
        throw HubError.wrongSize(
          file: file, url: address, expected: expectedSize ?? 0, found: error.byteCount)
      }
    }
    try check(partial, identity)
  }

  /// One request: true if it got a piece across that is not the last one.
  private func isPiece(_ partial: PartialFile, expectedSize: Int?) async throws -> Bool {
    let start = partial.byteCount
    let end = expectedSize.flatMap {
      $0 - start > settings.pieceSize ? start + settings.pieceSize : nil
    }
    let response = try await client.fetch(
      file, of: model, commit: commit, range: ByteRange(start: start, end: end), to: partial)
    if response.statusCode == 416 { throw cut("the server could not continue the file") }
    guard let expectedSize, partial.byteCount < expectedSize else { return false }
    guard let end, partial.byteCount == end else {
      throw cut("the connection ended after \(partial.byteCount) of \(expectedSize) bytes")
    }
    return true
  }

  private func check(_ partial: PartialFile, _ identity: BlobIdentity) throws {
    var digests = identity.digest.map { [$0] } ?? []
    if let sha256 = listed.sha256, sha256 != identity.tag { digests.append((.sha256, sha256)) }
    for (algorithm, expected) in digests {
      let found = try partial.digest(algorithm)
      guard found == expected else {
        throw HubError.wrongDigest(
          file: file, url: address, algorithm: algorithm.rawValue, expected: expected,
          found: found)
      }
    }
  }

  private func cut(_ reason: String) -> HubError { .interrupted(url: address, reason: reason) }

  private var address: String { client.address(of: file, in: model, commit: commit) }
}

extension HubError {
  fileprivate var isDamage: Bool {
    switch self {
    case .wrongSize, .wrongDigest: true
    default: false
    }
  }
}
