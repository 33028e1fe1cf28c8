/// What GPT-2's pattern tells apart, as the regular expressions of Hugging Face `tokenizers` see it.
/// `Scripts/fixtures/unicode_tables.py` lays out the values.
enum CharacterClass: UInt8, Sendable {
  case other, letter, number, space
}

/// The unpacked `UnicodeTables.classRuns`, shared by all tokenizers of the process.
struct CharacterClasses: Sendable {
  static let shared = CharacterClasses()

  private let classes: [CharacterClass]

  private init() {
    var classes: [CharacterClass] = []
    classes.reserveCapacity(0x110000)
    var numbers = PackedNumbers(UnicodeTables.classRuns)
    while let length = numbers.next(), let value = numbers.next() {
      classes += repeatElement(
        CharacterClass(rawValue: UInt8(truncatingIfNeeded: value)) ?? .other, count: length)
    }
    self.classes = classes
  }

  /// - Parameter scalar: At most U+10FFFF.
  @inline(__always)
  subscript(scalar: UInt32) -> CharacterClass { classes[Int(scalar)] }
}

/// Cuts a text into words as GPT-2's pattern does:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
enum GPT2Pattern {
  /// Where the word that begins at `start` of `text`, valid UTF-8, ends.
  @inline(__always)
  static func end(
    of start: Int, in text: UnsafeBufferPointer<UInt8>, _ classes: CharacterClasses
  ) -> Int {
    let first = text[start]
    if first == UInt8(ascii: "'"), let length = contraction(at: start, in: text) {
      return start + length
    }
    var place = start
    if first == UInt8(ascii: " "), start + 1 < text.count { place += 1 }
    var (value, length) = UTF8Bytes.scalar(in: text, at: place, to: text.count)
    let kind = classes[value]
    if kind == .space { place = start }
    var last = place
    repeat {
      last = place
      place += kind == .space && place == start && first == UInt8(ascii: " ") ? 1 : length
      guard place < text.count else { return place }
      (value, length) = UTF8Bytes.scalar(in: text, at: place, to: text.count)
    } while classes[value] == kind
    // The last of several white spaces belongs to what follows, or is a word of its own.
    return kind == .space && last > start ? last : place
  }

  private static func contraction(at start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard start + 1 < text.count else { return nil }
    switch text[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    default: break
    }
    guard start + 2 < text.count else { return nil }
    switch (text[start + 1], text[start + 2]) {
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return 3
    default: return nil
    }
  }
}
