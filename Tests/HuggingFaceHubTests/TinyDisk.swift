import Foundation

/// A tmpfs of 64 kB, gone with its last user.
final class TinyDisk {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "cloud4bert-disk-\(UUID().uuidString)")

  static let isPossible: Bool = (try? TinyDisk()) != nil

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    guard Self.run("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder.path) else {
      try? FileManager.default.removeItem(at: folder)
      throw CocoaError(.fileWriteNoPermission)
    }
  }

  deinit {
    _ = Self.run("umount", folder.path)
    try? FileManager.default.removeItem(at: folder)
  }

  private static func run(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
