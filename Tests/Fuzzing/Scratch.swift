import Foundation

/// A folder for the files that a reader is given, which each time takes the place of the last.
final class Scratch {
  let folder: URL
  private var input: Int32?

  init(_ folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Removed first, not overwritten: ext4 waits for the disk when a file is cut to nothing and refilled.
  func write(_ bytes: [UInt8], _ name: String) throws {
    let path = folder.appending(path: name).path
    unlink(path)
    guard let file = fopen(path, "wb") else { throw CocoaError(.fileWriteUnknown) }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw CocoaError(.fileWriteUnknown) }
  }

  /// Keeps what is about to be read, for one who finds that it crashed. In a file that stays open: this
  /// is done for every input.
  func keep(_ bytes: [UInt8]) throws {
    let file =
      input ?? open(folder.appending(path: "input").path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
    input = file
    guard pwrite(file, bytes, bytes.count, 0) == bytes.count,
      ftruncate(file, off_t(bytes.count)) == 0
    else { throw CocoaError(.fileWriteUnknown) }
  }

  /// Where a damaged file of the model in `original` stands beside its other files, made once.
  func copy(of original: URL, leavingOut names: [String] = []) throws -> Scratch {
    let place = folder.appending(path: "model-" + original.lastPathComponent)
    if !FileManager.default.fileExists(atPath: place.path) {
      try FileManager.default.copyItem(at: original, to: place)
      for name in names { try? FileManager.default.removeItem(at: place.appending(path: name)) }
    }
    return try Scratch(place)
  }
}
