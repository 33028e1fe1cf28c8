import Synchronization

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A folder of which each file is opened once, when somebody first asks for it: whoever is given the same
/// value sees the same bytes, whatever becomes of the folder meanwhile.
package struct OpenedFolder: Sendable {
  /// Above any file that is read as a whole; bounds what that can take of memory.
  package static let maximumFileSize = 128 << 20

  package let url: URL
  /// The way from the folder that was opened first: nothing, or names with a slash at the end.
  private let prefix: String
  private let files: Files

  private final class Files: Sendable {
    let contents = Mutex<[ExactString: Result<[UInt8]?, FileError>]>([:])
    let mapped = Mutex<[ExactString: Result<MappedFile, FileError>]>([:])
  }

  package init(_ url: URL) {
    self.url = url
    prefix = ""
    files = Files()
  }

  private init(_ url: URL, prefix: String, files: Files) {
    self.url = url
    self.prefix = prefix
    self.files = files
  }

  /// A folder in this one; this one for an empty path.
  package func folder(_ path: String) -> OpenedFolder {
    path.isEmpty
      ? self : OpenedFolder(url.appending(path: path), prefix: "\(prefix)\(path)/", files: files)
  }

  package func path(of name: String) -> String { url.appending(path: name).path }

  /// The bytes of a small file, or nil where there is none of that name.
  package func bytes(of name: String) throws(FileError) -> [UInt8]? {
    let contents = files.contents.withLock { contents -> Result<[UInt8]?, FileError> in
      let key = ExactString(prefix + name)
      if let known = contents[key] { return known }
      let read = Self.bytes(ofFile: path(of: name))
      contents[key] = read
      return read
    }
    switch contents {
    case .success(let bytes): return bytes
    case .failure(let error): throw error
    }
  }

  private static func bytes(ofFile path: String) -> Result<[UInt8]?, FileError> {
    do {
      let file = try MappedFile(path: path)
      guard file.count <= maximumFileSize else {
        return .failure(
          FileError(
            kind: .unreadable, path: path,
            reason: "has \(file.count) bytes, over \(maximumFileSize)"))
      }
      return .success(file.bytes(in: 0..<file.count))
    } catch {
      switch error.kind {
      case .missing: return .success(nil)
      case .empty: return .success([])
      default: return .failure(error)
      }
    }
  }

  private static func mappedFile(_ path: String) -> Result<MappedFile, FileError> {
    do { return .success(try MappedFile(path: path)) } catch { return .failure(error) }
  }

  /// A large file, such as weights, mapped.
  package func mapped(_ name: String) throws(FileError) -> MappedFile {
    let file = files.mapped.withLock { mapped -> Result<MappedFile, FileError> in
      let key = ExactString(prefix + name)
      if let known = mapped[key] { return known }
      let opened = Self.mappedFile(path(of: name))
      mapped[key] = opened
      return opened
    }
    switch file {
    case .success(let file): return file
    case .failure(let error): throw error
    }
  }
}

extension OpenedFolder: Equatable {
  package static func == (left: Self, right: Self) -> Bool { left.url == right.url }
}
