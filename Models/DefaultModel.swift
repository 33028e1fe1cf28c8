#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The model that comes with the package, `Models/cloud4bert`.
public enum DefaultModel {
  /// Where it may lie, in the order in which it is looked for: beside the running program, where
  /// SwiftPM puts a package's resources; under the `share` folder of an installation; in the source
  /// checkout that the program was built from.
  public static var candidates: [URL] {
    var folders: [URL] = []
    if let executable {
      let program = executable.deletingLastPathComponent()
      folders.append(program.appending(path: "Cloud4Bert_DefaultModel.resources/cloud4bert"))
      folders.append(program.appending(path: "Cloud4Bert_DefaultModel.bundle/cloud4bert"))
      folders.append(
        program.deletingLastPathComponent().appending(path: "share/cloud4bert/model"))
    }
    folders.append(
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cloud4bert"))
    return folders
  }

  /// The first candidate that holds a model, or nil.
  public static var folder: URL? {
    candidates.first {
      FileManager.default.fileExists(atPath: $0.appending(path: "config.json").path)
    }
  }

  /// The program's file with links resolved, so that a link from a `bin` folder finds it too.
  private static var executable: URL? {
    #if os(Linux) || os(Android)
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return path.map { URL(filePath: $0) }
    #else
      return Bundle.main.executableURL?.resolvingSymlinksInPath()
    #endif
  }
}
