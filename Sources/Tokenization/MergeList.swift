import Files

/// The merges of byte-pair encoding in the order of their ranks: the bytes of a pair of tokens stand side
/// by side in one arena.
struct MergeList {
  static let maximumCount = 4_000_000

  private(set) var arena: [UInt8] = []
  /// Ranges of `arena`.
  private(set) var pairs: [(first: Range<Int>, second: Range<Int>)] = []

  init() {}

  /// Reads a `merges.txt`: two tokens a line with a space between; lines that begin with `#version` and
  /// empty ones do not count.
  init(lines bytes: [UInt8], file: String) throws(TokenizerError) {
    var line = 0
    for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      let text = part.last == 0x0D ? part.dropLast() : part
      if text.isEmpty || text.starts(with: "#version".utf8) { continue }
      guard add(spaced: text) else {
        throw .malformed(
          file: file, reason: "line \(line) is not two tokens with a space between")
      }
    }
  }

  /// Returns whether the text is two tokens with a space between.
  mutating func add(spaced text: some Collection<UInt8>) -> Bool {
    let parts = text.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return false }
    return add(parts[0], parts[1])
  }

  mutating func add(_ first: some Collection<UInt8>, _ second: some Collection<UInt8>) -> Bool {
    guard !first.isEmpty, !second.isEmpty, pairs.count < Self.maximumCount else { return false }
    let start = arena.count
    arena += first
    let middle = arena.count
    arena += second
    pairs.append((start..<middle, middle..<arena.count))
    return true
  }

  /// Reads the `merges` of a `tokenizer.json`: a list of `"a b"` or of `["a", "b"]`. Nil where it is
  /// something else.
  init?(_ reader: inout JSONReader) throws(JSON.SyntaxError) {
    var isValid = true
    var text: [UInt8] = []
    try reader.array { (reader) throws(JSON.SyntaxError) in
      text.removeAll(keepingCapacity: true)
      switch reader.peek() {
      case UInt8(ascii: "\""):
        try reader.string(appendedTo: &text)
        isValid = add(spaced: text) && isValid
      case UInt8(ascii: "["):
        var ends: [Int] = []
        try reader.array { (reader) throws(JSON.SyntaxError) in
          guard reader.peek() == UInt8(ascii: "\"") else {
            isValid = false
            return try reader.skip()
          }
          try reader.string(appendedTo: &text)
          if ends.count < 3 { ends.append(text.count) }
        }
        isValid = ends.count == 2 && add(text[..<ends[0]], text[ends[0]...]) && isValid
      default:
        isValid = false
        try reader.skip()
      }
    }
    guard isValid else { return nil }
  }
}
