import ArgumentParser
import Files
import Records

/// Where the texts of a command come from that takes them as arguments too.
enum TextSource: Equatable {
  case arguments([String])
  /// A file's path; "-" is standard input.
  case file(String)
  /// Several files, or one in a folder of such.
  case files([InputPart])

  var isSeveral: Bool { if case .files = self { true } else { false } }
}

extension InputOptions {
  /// Where the texts are: in the arguments, in `--input`, or, with neither, in what is piped in.
  ///
  /// - Parameters:
  ///   - texts: The arguments.
  ///   - purpose: What becomes of texts, such as "classify".
  /// - Throws: `ValidationError` for texts from both, from nowhere, and for arguments that are names
  ///   of files: who forgets `--input` would get an answer about the name.
  func source(of texts: [String], purpose: String) throws -> TextSource {
    if let input {
      guard texts.isEmpty else { throw ValidationError("give either texts or --input, not both") }
      if inputs.count == 1, !InputPart.isFolder(input) { return .file(input) }
      return .files(try inputs.flatMap { try InputPart.parts(of: $0, anyFormat: format != .auto) })
    }
    if texts.isEmpty {
      guard StandardInput.isPiped else {
        throw ValidationError(
          "nothing to \(purpose): give texts, or a file with --input, or pipe texts in")
      }
      return .file("-")
    }
    for text in texts.dropLast(LiteralArguments.count(endingOf: texts)) {
      if text == "-" {
        guard texts.count > 1 else { return .file("-") }
        throw ValidationError(
          "- is standard input and goes without other texts; to \(purpose) the character itself, "
            + "write -- before it")
      }
      if let problem = FileArgument.problem(with: text, purpose: purpose) {
        throw ValidationError(problem)
      }
    }
    return .arguments(texts)
  }
}

/// An argument that stands where a text is expected, but names a file.
private enum FileArgument {
  /// Endings of files that hold texts, or that people take for such.
  private static let endings: Set = ["parquet", "arrow", "feather", "xlsx", "xls", "ods"]
  private static let compressions: Set = ["gz", "zst", "xz", "bz2", "zip"]

  /// What is wrong and how to mend it; nil for a text.
  static func problem(with text: String, purpose: String) -> String? {
    let exists = isFile(text)
    guard exists || looksLikeTable(text) else { return nil }
    let path = ShellWord.quoted(text)
    return """
      \(path) \(exists ? "is a file" : "looks like the name of a file"): give --input \(path) to \
      read it, or -- \(path) to \(purpose) the name itself
      """
  }

  private static func isFile(_ path: String) -> Bool {
    guard let status = try? FileStatus(of: path) else { return false }
    return status.kind != .folder
  }

  private static func looksLikeTable(_ text: String) -> Bool {
    guard !text.contains(where: \.isWhitespace) else { return false }
    var parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count > 2, let last = parts.last, compressions.contains(last.lowercased()) {
      parts.removeLast()
    }
    guard parts.count > 1, let ending = parts.last?.lowercased() else { return false }
    return RecordFormat(path: ".\(ending)") != nil || endings.contains(ending)
  }
}

/// The arguments behind `--`, which are what they are.
private enum LiteralArguments {
  private static let all = Array(CommandLine.arguments.drop { $0 != "--" }.dropFirst())

  /// How many of the last texts they are.
  static func count(endingOf texts: [String]) -> Int {
    texts.suffix(all.count).elementsEqual(all) ? all.count : 0
  }
}

/// What standard input leads to.
private enum StandardInput {
  /// Whether a program or a file is at its other end: not a terminal, and not `/dev/null`.
  static var isPiped: Bool {
    guard let status = try? FileDescriptor.standardInput.status() else { return false }
    return [.regular, .pipe, .socket].contains(status.kind)
  }
}
