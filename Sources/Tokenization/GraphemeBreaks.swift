/// What parts a scalar from the one before, or from the one after it, in extended grapheme clusters, as
/// Hugging Face `tokenizers` sees it. `Scripts/fixtures/unicode_tables.py` lays out the bits.
private struct GraphemeProperties: OptionSet {
  let rawValue: UInt16

  /// Goes on with whatever is before it, but a control.
  static let extends = GraphemeProperties(rawValue: 1 << 0)
  /// Goes on with whatever is after it, but a control.
  static let prepends = GraphemeProperties(rawValue: 1 << 1)
  static let control = GraphemeProperties(rawValue: 1 << 2)
  /// Goes on with a leading consonant of Hangul, with a vowel, with a trailing consonant.
  static let beforeL = GraphemeProperties(rawValue: 1 << 3)
  static let beforeV = GraphemeProperties(rawValue: 1 << 4)
  static let beforeT = GraphemeProperties(rawValue: 1 << 5)
  static let pictograph = GraphemeProperties(rawValue: 1 << 6)
  /// May stand between a pictograph and the joiner before the next.
  static let betweenPictographs = GraphemeProperties(rawValue: 1 << 7)
  /// A consonant of a script in which consonants are joined by linkers.
  static let consonant = GraphemeProperties(rawValue: 1 << 8)
  static let linker = GraphemeProperties(rawValue: 1 << 9)
  static let betweenConsonants = GraphemeProperties(rawValue: 1 << 10)
}

/// Finds where extended grapheme clusters end (Unicode, annex 29), scalar for scalar.
///
/// Pairs of regional indicators count as two clusters: nobody here asks for clusters of more than five
/// bytes.
struct GraphemeBreaks {
  private static let table = StagedRuns(UnicodeTables.graphemeRuns)

  private var value: UInt32
  private var properties: GraphemeProperties
  /// Of pictograph, what may follow, joiner: how many of the three have been seen.
  private var pictograph = 0
  /// Of consonant, linker.
  private var consonant = 0

  /// - Parameter value: The scalar that a cluster begins with.
  init(first value: UInt32) {
    self.value = value
    properties = GraphemeProperties(rawValue: Self.table[value])
    advance()
  }

  /// Whether the scalar goes on with the cluster so far; if so it is taken into it.
  mutating func take(_ next: UInt32) -> Bool {
    let following = GraphemeProperties(rawValue: Self.table[next])
    guard joins(next, following) else { return false }
    value = next
    properties = following
    advance()
    return true
  }

  private func joins(_ next: UInt32, _ following: GraphemeProperties) -> Bool {
    if value == 0x0D, next == 0x0A { return true }
    if properties.contains(.control) || following.contains(.control) { return false }
    if following.contains(.extends) || properties.contains(.prepends) { return true }
    let isSyllable = next &- 0xAC00 < 11172
    if isSyllable || following.contains(.beforeL) { return properties.contains(.beforeL) }
    if following.contains(.beforeV) { return properties.contains(.beforeV) }
    if following.contains(.beforeT) { return properties.contains(.beforeT) }
    if following.contains(.pictograph) { return pictograph == 2 }
    return following.contains(.consonant) && consonant == 2
  }

  private mutating func advance() {
    if properties.contains(.pictograph) {
      pictograph = 1
    } else if value == 0x200D {
      pictograph = pictograph == 1 ? 2 : 0
    } else if !(pictograph == 1 && properties.contains(.betweenPictographs)) {
      pictograph = 0
    }
    if properties.contains(.consonant) {
      consonant = 1
    } else if consonant > 0, properties.contains(.linker) {
      consonant = 2
    } else if !properties.contains(.betweenConsonants) {
      consonant = 0
    }
  }
}
