/// What a text goes through before a Unigram model cuts it: the normalizers of Hugging Face `tokenizers`
/// that sentencepiece models are converted to, one after another.
struct UnigramNormalizer: Sendable {
  enum Step: Sendable {
    case characterMap(CharacterMap)
    case replace(Pattern, by: [UInt8])
    case strip(left: Bool, right: Bool)
    case lowercase
  }

  /// A pattern of a text, or one of the regular expressions that are found in published files.
  enum Pattern: Sendable, Equatable {
    /// Not empty.
    case text([UInt8])
    /// ` {2,}`
    case spaces
    /// `\s+`
    case whitespace
    /// `\s{2,}|[\n\r\t]`
    case whitespaceButOneSpace

    /// - Returns: Nil for a regular expression that is none of these.
    init?(regularExpression: String) {
      switch regularExpression {
      case " {2,}": self = .spaces
      case #"\s+"#: self = .whitespace
      case #"\s{2,}|[\n\r\t]"#: self = .whitespaceButOneSpace
      default: return nil
      }
    }
  }

  /// How many times as long they may make a text all together.
  static let maximumGrowth = 512

  var steps: [Step] = []

  /// How many times as long they make a text at the most; nil for more than ``maximumGrowth``.
  var growth: Int? {
    var growth = 1
    for step in steps {
      growth *= max(1, step.growth)
      if growth > Self.maximumGrowth { return nil }
    }
    return growth
  }

  /// Normalizes `text` in place, by way of `other`.
  func apply(to text: inout NormalizedText, _ other: inout NormalizedText) {
    for step in steps {
      other.removeAll(tracksOrigins: text.tracksOrigins)
      switch step {
      case .characterMap(let map): map.append(text, to: &other)
      case .replace(let pattern, let content): Self.replace(pattern, content, text, to: &other)
      case .strip(let left, let right): Self.strip(left, right, text, to: &other)
      case .lowercase: Self.lowercase(text, to: &other)
      }
      swap(&text, &other)
    }
  }

  private static func replace(
    _ pattern: Pattern, _ content: [UInt8], _ text: NormalizedText, to result: inout NormalizedText
  ) {
    text.bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      var kept = 0
      while index < bytes.count {
        guard let end = self.end(of: pattern, bytes, index) else {
          index += UTF8Bytes.scalar(in: bytes, at: index, to: bytes.count).length
          continue
        }
        result.append(text, kept..<index)
        // As in the reference: where the last of what it replaces is.
        result.append(content, origin: text.origin(of: end - 1..<end))
        index = end
        kept = end
      }
      result.append(text, kept..<bytes.count)
    }
  }

  /// Where a match at `index` ends; nil where there is none.
  private static func end(
    of pattern: Pattern, _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int
  ) -> Int? {
    if case .text(let text) = pattern {
      return bytes[index...].starts(with: text) ? index + text.count : nil
    }
    let classes = CharacterClasses.shared
    var (end, count) = (index, 0)
    while end < bytes.count {
      let (value, length) = UTF8Bytes.scalar(in: bytes, at: end, to: bytes.count)
      guard pattern == .spaces ? value == 0x20 : classes[value] == .space else { break }
      end += length
      count += 1
    }
    switch pattern {
    case .whitespace: return count > 0 ? end : nil
    case .whitespaceButOneSpace where count == 1:
      return [0x09, 0x0A, 0x0D].contains(bytes[index]) ? end : nil
    default: return count > 1 ? end : nil
    }
  }

  private static func strip(
    _ left: Bool, _ right: Bool, _ text: NormalizedText, to result: inout NormalizedText
  ) {
    text.bytes.withUnsafeBufferPointer { bytes in
      func isSpace(_ index: Int) -> Bool {
        let value = UTF8Bytes.scalar(in: bytes, at: index, to: bytes.count).value
        return ScalarTable.shared.properties(of: value).contains(.space)
      }
      var (start, end) = (0, bytes.count)
      while left, start < end, isSpace(start) {
        start += UTF8Bytes.scalar(in: bytes, at: start, to: end).length
      }
      while right, end > start {
        let last = UTF8Bytes.start(before: end, in: bytes, from: start)
        guard isSpace(last) else { break }
        end = last
      }
      result.append(text, start..<end)
    }
  }

  private static func lowercase(_ text: NormalizedText, to result: inout NormalizedText) {
    text.bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        let (value, length) = UTF8Bytes.scalar(in: bytes, at: index, to: bytes.count)
        let origin = text.origin(of: index..<index + length)
        if ScalarTable.shared.properties(of: value).contains(.lowercases) {
          for piece in ScalarTable.shared.lowercase(of: value) {
            result.append(
              NormalizedScalar(value: piece, start: origin.lowerBound, end: origin.upperBound))
          }
        } else {
          result.append(text, index..<index + length)
        }
        index += length
      }
    }
  }
}

extension UnigramNormalizer.Step {
  /// How many times as long it makes a text at the most.
  fileprivate var growth: Int {
    switch self {
    case .characterMap(let map): map.longestReplacement
    case .replace(let pattern, let content):
      (content.count + pattern.shortest - 1) / pattern.shortest
    case .strip: 1
    case .lowercase: 2
    }
  }
}

extension UnigramNormalizer.Pattern {
  /// The length in bytes of the shortest match.
  fileprivate var shortest: Int {
    switch self {
    case .text(let text): max(1, text.count)
    case .spaces: 2
    case .whitespace, .whitespaceButOneSpace: 1
    }
  }
}
