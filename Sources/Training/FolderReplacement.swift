import Files

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A new folder that takes the place of an old one when it is whole.
///
/// Until then it lies beside it under a name with a dot, locked while its process lives: what a killed
/// process has left there is known by its lock, and the next one clears it away.
struct FolderReplacement: ~Copyable {
  /// Where the new folder is written.
  let url: URL

  private let target: URL
  /// Holds the lock; nil where the file system has none, and then nobody takes it for a remain.
  private let lock: FileDescriptor?

  /// Makes an empty folder beside the one to be replaced, which need not be there.
  init(of target: URL) throws {
    self.target = target
    let parent = target.deletingLastPathComponent()
    while true {
      let url = parent.appending(
        path: "\(Self.prefix(of: target))\(UInt32.random(in: 0...(.max)))\(Self.ending)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      let folder = try? FileDescriptor(opening: url.path, for: .reading, .folder)
      let isLocked = try? folder?.lock()
      // Somebody may have taken it for a remain before it was locked.
      if isLocked != false, FileManager.default.fileExists(atPath: url.path) {
        self.url = url
        lock = folder
        return
      }
      try? folder?.close()
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
    try? lock?.close()
  }

  /// Puts the new folder in the old one's place, in a single step where the file system can.
  func commit() throws {
    let manager = FileManager.default
    guard manager.fileExists(atPath: target.path) else {
      try manager.moveItem(at: url, to: target)
      return try NewFile.synchronizeFolder(of: target.path)
    }
    // The old one then lies where the new one was, and goes with this value.
    if FileSystem.exchange(url.path, target.path) {
      return try NewFile.synchronizeFolder(of: target.path)
    }
    let old = url.deletingLastPathComponent().appending(
      path: url.lastPathComponent + Self.oldEnding)
    try manager.moveItem(at: target, to: old)
    do {
      try manager.moveItem(at: url, to: target)
    } catch {
      try? manager.moveItem(at: old, to: target)
      throw error
    }
    try NewFile.synchronizeFolder(of: target.path)
    try manager.removeItem(at: old)
  }

  /// Removes what killed processes have left beside a folder, and puts the folder back in its place
  /// where one was killed while it had none.
  static func clearRemains(of target: URL) {
    let manager = FileManager.default
    let parent = target.deletingLastPathComponent()
    let names = (try? manager.contentsOfDirectory(atPath: parent.path)) ?? []
    func remains(_ ending: String) -> [URL] {
      let prefix = prefix(of: target)
      return names.filter { name in
        name.hasPrefix(prefix) && name.hasSuffix(ending)
          && UInt32(name.dropFirst(prefix.count).dropLast(ending.count)) != nil
      }.map { parent.appending(path: $0) }
    }
    for url in remains(ending) {
      guard let lock = try? FileDescriptor(opening: url.path, for: .reading, [.folder, .noLink])
      else { continue }
      defer { try? lock.close() }
      guard (try? lock.lock()) == true else { continue }
      try? manager.removeItem(at: url)
    }
    for url in remains(ending + oldEnding) {
      // Beside it another process is about to put the new one in place.
      if manager.fileExists(atPath: String(url.path.dropLast(oldEnding.count))) { continue }
      if manager.fileExists(atPath: target.path) {
        try? manager.removeItem(at: url)
      } else {
        try? manager.moveItem(at: url, to: target)
      }
    }
  }

  private static func prefix(of target: URL) -> String { ".\(target.lastPathComponent)." }

  private static let ending = ".partial"
  private static let oldEnding = ".old"
}
