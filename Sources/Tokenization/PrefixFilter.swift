/// Which strings tokens begin with, and which are tokens: of a string that it denies neither is true, of
/// another it may be (Bloom, 1970, with one hash).
///
/// With it a hash table of tokens serves as a trie: whoever walks along a word stops where no token goes on.
struct PrefixFilter: Sendable {
  private var prefixes: Bits
  private var tokens: Bits

  private struct Bits: Sendable {
    private var words: [UInt64]
    private let shift: UInt64

    /// - Parameter capacity: About how many strings it is to hold: a quarter of an eighth are mistaken.
    init(capacity: Int) {
      var size = 1024
      while size < capacity * 16 { size *= 2 }
      words = Array(repeating: 0, count: size / 64)
      shift = UInt64(64 - size.trailingZeroBitCount)
    }

    mutating func insert(_ hash: UInt64) {
      let bit = Int(truncatingIfNeeded: hash >> shift)
      words[bit >> 6] |= 1 << UInt64(bit & 63)
    }

    @inline(__always)
    func contains(_ hash: UInt64) -> Bool {
      let bit = Int(truncatingIfNeeded: hash >> shift)
      return words[bit >> 6] >> UInt64(bit & 63) & 1 == 1
    }
  }

  init(_ vocabulary: Vocabulary) {
    var characters = 0
    vocabulary.forEachToken { token in
      for byte in token where byte & 0xC0 != 0x80 { characters += 1 }
    }
    // Many tokens begin alike.
    prefixes = Bits(capacity: characters / 2)
    tokens = Bits(capacity: vocabulary.count)
    vocabulary.forEachToken { token in
      var hash = vocabulary.seed
      for (offset, byte) in token.enumerated() {
        if byte & 0xC0 != 0x80, offset > 0 { prefixes.insert(hash) }
        hash = TokenTable.extend(hash, byte)
      }
      prefixes.insert(hash)
      tokens.insert(hash)
    }
  }

  // Hashes are those of ``Vocabulary``, after whole characters.

  @inline(__always)
  func mayBegin(_ hash: UInt64) -> Bool { prefixes.contains(hash) }

  @inline(__always)
  func mayBe(_ hash: UInt64) -> Bool { tokens.contains(hash) }
}
