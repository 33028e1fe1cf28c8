import Files

/// What the program was called with.
///
/// Arguments are bytes. Where those of a path are not UTF-8 they are kept as ``PathText`` has it, and
/// so name the one file that they name; in texts and all else they become U+FFFD.
enum ProgramArguments {
  /// The options whose values are paths.
  static let pathOptions: Set = [
    "--input", "-i", "--output", "-o", "--rejects", "--report", "--validation", "--unlabelled",
    "--model", "-m",
    "--teacher", "--student", "--features-from", "--random", "--predictions",
  ]

  /// The commands whose argument is a path.
  private static let pathCommands: Set = ["evaluate", "info"]

  /// The arguments, without the program's name.
  static var all: [String] {
    let pointers = UnsafeBufferPointer(
      start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
    let arguments = pointers.dropFirst().compactMap { $0 }.map { pointer in
      var bytes: [UInt8] = []
      var next = pointer
      while next.pointee != 0 {
        bytes.append(UInt8(bitPattern: next.pointee))
        next += 1
      }
      return bytes
    }
    return strings(arguments)
  }

  static func strings(_ arguments: [[UInt8]]) -> [String] {
    var strings: [String] = []
    var previous: String?
    var hasEnded = false
    for bytes in arguments {
      var string = String(decoding: bytes, as: UTF8.self)
      if !hasEnded, String(validating: bytes, as: UTF8.self) == nil {
        let isArgument = previous.map { !$0.hasPrefix("-") } ?? false
        if let previous, pathOptions.contains(previous) {
          string = PathText.encoded(bytes)
        } else if isArgument, bytes.first != UInt8(ascii: "-"), pathCommands.contains(strings[0]) {
          string = PathText.encoded(bytes)
        } else if let equals = bytes.firstIndex(of: UInt8(ascii: "=")),
          pathOptions.contains(String(decoding: bytes[..<equals], as: UTF8.self))
        {
          string = PathText.encoded(bytes)
        }
      }
      hasEnded = hasEnded || string == "--"
      if !hasEnded, let previous, isNegativeNumber(bytes), takesNext(previous) {
        // Taken for options by the parser, which calls the value missing.
        strings[strings.count - 1] += "=\(string)"
      } else {
        strings.append(string)
      }
      previous = string
    }
    return strings
  }

  private static func isNegativeNumber(_ bytes: [UInt8]) -> Bool {
    guard bytes.first == UInt8(ascii: "-") else { return false }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return bytes.dropFirst().first { $0 != UInt8(ascii: ".") }.map(digits.contains) ?? false
  }

  private static func takesNext(_ option: String) -> Bool {
    option.hasPrefix("--") && !option.contains("=")
  }
}
