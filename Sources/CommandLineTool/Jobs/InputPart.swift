import ArgumentParser
import Files
import Records

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One file of an input that is several.
struct InputPart: Equatable {
  let path: String
  /// Its last part.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// A file itself, and of a folder the files of texts in it, in the order of their names. Other programs
  /// leave notes of their own there, which begin with a dot or an underscore.
  ///
  /// - Parameter anyFormat: Whether all files count, as someone said what format they are of.
  /// - Throws: `ValidationError` for standard input, which is no part, and for a folder without texts.
  static func parts(of path: String, anyFormat: Bool) throws -> [InputPart] {
    if path == "-" {
      throw ValidationError("standard input goes without other files: leave --input - out")
    }
    guard isFolder(path) else { return [InputPart(path: path)] }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
      guard let first = name.first, first != ".", first != "_", !name.hasSuffix(".resume.json"),
        !name.hasSuffix(".partial")
      else { return false }
      return anyFormat || RecordFormat(path: name) != nil
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    let parts = names.sorted().map { InputPart(path: folder + $0) }.filter { part in
      (try? FileStatus(of: part.path))?.kind == .regular
    }
    guard !parts.isEmpty else {
      throw ValidationError(
        "the folder \(printable(PathText.shown(path))) has no files of texts (.txt, .csv, .tsv or .jsonl, "
          + "also with .gz or .zst): say with --format what its files are")
    }
    return parts
  }

  /// What the output of a part is called that comes as JSON lines.
  static func nameOfObjects(_ part: InputPart) -> String { part.name(as: "jsonl") }

  static func isFolder(_ path: String) -> Bool {
    path != "-" && (try? FileStatus(of: path))?.kind == .folder
  }

  /// The name with another format's extension, in front of that of a compression.
  ///
  /// - Parameter isCompressed: Whether that of a compression stays.
  func name(as ending: String, isCompressed: Bool = true) -> String {
    let stem = Compression.stem(of: name)
    let compression = isCompressed ? String(name.dropFirst(stem.count)) : ""
    guard RecordFormat(path: stem) != nil, let dot = stem.lastIndex(of: ".") else {
      return "\(stem).\(ending)\(compression)"
    }
    return "\(stem[..<dot]).\(ending)\(compression)"
  }
}
