import Foundation

/// Paths in variables of the environment, read as Python's `os.path.expanduser` and then
/// `os.path.expandvars` read them, which huggingface_hub applies to each of its folders.
struct EnvironmentPaths {
  let environment: [String: String]

  /// `~` or `~user` at the start, then `$NAME` and `${NAME}` anywhere. What is not known stays as it is.
  func expand(_ path: String) -> String { expandVariables(expandUser(path)) }

  /// The file or folder of a path; the working folder for an empty one.
  func url(_ path: String, _ hint: URL.DirectoryHint = .notDirectory) -> URL {
    // Foundation expands a tilde once more; a folder may be named so.
    let path = path.hasPrefix("~") ? "./" + path : path
    return path.isEmpty
      ? URL(filePath: ".", directoryHint: .isDirectory) : URL(filePath: path, directoryHint: hint)
  }

  /// Python's `os.path.join`.
  static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty || folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The user's own folder, without a slash at its end; empty for `/`.
  var home: String {
    var home = environment["HOME"] ?? NSHomeDirectory()
    while home.hasSuffix("/") { home.removeLast() }
    return home
  }

  private func expandUser(_ path: String) -> String {
    guard path.hasPrefix("~") else { return path }
    let user = path.dropFirst().prefix { $0 != "/" }
    let rest = path.dropFirst(1 + user.count)
    if user.isEmpty { return home.isEmpty && rest.isEmpty ? "/" : home + rest }
    // Foundation of Swift 6.0 gives users that do not exist a folder too, /var/empty.
    guard getpwnam(String(user)) != nil, var folder = NSHomeDirectoryForUser(String(user)),
      !folder.isEmpty
    else { return path }
    while folder.hasSuffix("/") { folder.removeLast() }
    return folder.isEmpty && rest.isEmpty ? "/" : folder + rest
  }

  /// One pass: what a variable holds is not looked through again, nor is the name of an unknown one.
  private func expandVariables(_ path: String) -> String {
    let bytes = Array(path.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "$"), let (name, end) = Self.name(in: bytes, position + 1)
      {
        result += environment[name].map { Array($0.utf8) } ?? Array(bytes[position..<end])
        position = end
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The name behind a dollar sign, in braces or without, and where what follows it begins.
  private static func name(in bytes: [UInt8], _ start: Int) -> (name: String, end: Int)? {
    guard start < bytes.count else { return nil }
    if bytes[start] == UInt8(ascii: "{") {
      guard let close = bytes[start...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
      return (String(decoding: bytes[(start + 1)..<close], as: UTF8.self), close + 1)
    }
    let end = bytes[start...].firstIndex { !isWord($0) } ?? bytes.count
    return end > start ? (String(decoding: bytes[start..<end], as: UTF8.self), end) : nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "_")
  }
}
