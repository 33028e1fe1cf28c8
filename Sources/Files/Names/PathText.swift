/// Names of files that are not UTF-8, in strings.
///
/// A file's name is bytes, and a string cannot hold those that are not UTF-8. In a string made here
/// each of them is a NUL, which no name has, and the character of the byte's number: what is written
/// to such a path goes to the file of these bytes and no other.
package enum PathText {
  /// The path as a string: bytes that are UTF-8 are what they were.
  package static func encoded(_ bytes: [UInt8]) -> String {
    if let path = String(validating: bytes, as: UTF8.self) { return path }
    var path = ""
    var rest = bytes[...]
    while let first = rest.first {
      // At most four bytes are a character.
      let length = (1...4).first { String(validating: rest.prefix($0), as: UTF8.self) != nil }
      if let length {
        path += String(decoding: rest.prefix(length), as: UTF8.self)
        rest = rest.dropFirst(length)
      } else {
        path.unicodeScalars.append("\0")
        path.unicodeScalars.append(Unicode.Scalar(first))
        rest = rest.dropFirst()
      }
    }
    return path
  }

  /// The bytes that the system knows the file by.
  package static func bytes(of path: String) -> [UInt8] {
    guard isEncoded(path) else { return Array(path.utf8) }
    var bytes: [UInt8] = []
    var isByte = false
    for scalar in path.unicodeScalars {
      if isByte, let byte = UInt8(exactly: scalar.value) {
        bytes.append(byte)
        isByte = false
      } else if scalar == "\0" {
        isByte = true
      } else {
        bytes += String(scalar).utf8
      }
    }
    return bytes
  }

  /// Whether the path has bytes that are not UTF-8.
  package static func isEncoded(_ path: String) -> Bool { path.utf8.contains(0) }

  /// The path for a person, with such bytes as `\\xE9`.
  package static func shown(_ path: String) -> String {
    guard isEncoded(path) else { return path }
    var shown = ""
    var isByte = false
    for scalar in path.unicodeScalars {
      if isByte {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        shown += "\\x\(digits)"
        isByte = false
      } else if scalar == "\0" {
        isByte = true
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// The folder that the path is in, with a slash at its end.
  package static func folder(of path: String) -> String {
    // By bytes: a slash and an accent behind it are one character of a string.
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "./"
  }
}
