/// How a normalized text is split into the words of a Unigram model (`WhitespaceSplit` and `Metaspace` of
/// Hugging Face `tokenizers`): at white space, and before each sign that stands for a space.
struct Metaspace: Sendable {
  /// Whether white space parts words and goes away, rather than becoming signs.
  var splitsAtWhitespace = true
  /// The UTF-8 of the sign, mostly U+2581; nil for no signs.
  var sign: [UInt8]? = Array("\u{2581}".utf8)
  /// Whether a text, or a word between white space, that does not begin with a sign is given one.
  var addsFirst = true
  /// Whether a word begins at each sign.
  var splits = true

  /// Calls `body` with each word of `text`, until it returns false. Signs that were added have the place of
  /// the character after them.
  func forEachWord(
    of text: NormalizedText, _ range: Range<Int>, in word: inout NormalizedText,
    _ body: (NormalizedText) -> Bool
  ) {
    text.bytes.withUnsafeBufferPointer { bytes in
      guard splitsAtWhitespace else {
        _ = forEachWord(text, bytes, range, &word, body)
        return
      }
      var start = range.lowerBound
      var index = start
      while index < range.upperBound {
        let length = Self.spaceLength(bytes, index, range.upperBound)
        if length > 0 {
          if start < index, !forEachWord(text, bytes, start..<index, &word, body) { return }
          start = index + length
        }
        index += max(length, 1)
      }
      if start < range.upperBound {
        _ = forEachWord(text, bytes, start..<range.upperBound, &word, body)
      }
    }
  }

  /// How long the white space at a byte of valid UTF-8 is; 0 where there is none.
  @inline(__always)
  static func spaceLength(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ end: Int
  ) -> Int {
    let byte = bytes[index]
    if byte < 0x80 { return byte == 0x20 || byte &- 9 < 5 ? 1 : 0 }
    // With what white space begins beyond ASCII.
    guard byte == 0xC2 || byte &- 0xE1 < 3 else { return 0 }
    let (value, length) = UTF8Bytes.scalar(in: bytes, at: index, to: end)
    return ScalarTable.shared.properties(of: value).contains(.space) ? length : 0
  }

  /// The words between two white spaces.
  private func forEachWord(
    _ text: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    _ word: inout NormalizedText, _ body: (NormalizedText) -> Bool
  ) -> Bool {
    guard let sign else {
      word.removeAll(tracksOrigins: text.tracksOrigins)
      word.append(text, range)
      return range.isEmpty || body(word)
    }
    guard !range.isEmpty else { return true }
    word.removeAll(tracksOrigins: text.tracksOrigins)
    if addsFirst, bytes[range.lowerBound] != 0x20, !bytes[range].starts(with: sign) {
      word.append(sign, origin: text.origin(of: range.lowerBound..<range.lowerBound + 1))
    }
    var kept = range.lowerBound
    var index = kept
    while index < range.upperBound {
      let isSpace = bytes[index] == 0x20
      guard isSpace || bytes[index] == sign[0] && bytes[index..<range.upperBound].starts(with: sign)
      else {
        index += 1
        continue
      }
      word.append(text, kept..<index)
      if splits, !word.bytes.isEmpty {
        guard body(word) else { return false }
        word.removeAll(tracksOrigins: text.tracksOrigins)
      }
      let end = index + (isSpace ? 1 : sign.count)
      if isSpace {
        word.append(sign, origin: text.origin(of: index..<end))
      } else {
        word.append(text, index..<end)
      }
      index = end
      kept = end
    }
    word.append(text, kept..<range.upperBound)
    return word.bytes.isEmpty || body(word)
  }
}
