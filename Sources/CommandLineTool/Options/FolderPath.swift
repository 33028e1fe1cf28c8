import ArgumentParser
import Files

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Folders whose names are not UTF-8, which URLs cannot hold.
enum FolderPath {
  /// A path that leads to the folder and is UTF-8: the folder's own, if that is.
  ///
  /// - Throws: `ValidationError` where there is no other path to it.
  static func readable(_ path: String) throws -> String {
    guard PathText.isEncoded(path) else {
      // Relative paths are made absolute by URLs, which the folder that we are in may not allow.
      guard dependsOnUnnameableFolder(path), (try? FileStatus(of: path)) != nil else {
        return path
      }
      return "/proc/\(getpid())/cwd/\(path)"
    }
    #if os(Linux) || os(Android)
      do throws(SystemFailure) {
        // It stays open as long as the program runs, whose children find the folder by it too.
        let folder = try FileDescriptor(opening: path, for: .reading, .folder)
        return "/proc/\(getpid())/fd/\(folder.number)"
      } catch {
        throw ValidationError("cannot open the folder \(PathText.shown(path)): \(error.reason)")
      }
    #else
      throw notUTF8(path)
    #endif
  }

  /// Refuses the path of a folder to be written that is not UTF-8.
  static func checkWritable(_ path: String) throws {
    if PathText.isEncoded(path) { throw notUTF8(path) }
    if dependsOnUnnameableFolder(path) {
      throw ValidationError(
        "the name of the working directory is not UTF-8: give \(path) by a path that begins with /")
    }
  }

  /// Whether a path begins in a working directory whose name is not UTF-8; false where the system does
  /// not have such names.
  private static func dependsOnUnnameableFolder(_ path: String) -> Bool {
    #if os(Linux) || os(Android)
      guard !path.hasPrefix("/"), let name = getcwd(nil, 0) else { return false }
      defer { free(name) }
      return String(validatingCString: name) == nil
    #else
      return false
    #endif
  }

  private static func notUTF8(_ path: String) -> ValidationError {
    ValidationError(
      "the name of the folder \(PathText.shown(path)) is not UTF-8: give it another name, or a "
        + "link with one")
  }
}
