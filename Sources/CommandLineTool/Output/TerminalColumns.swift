extension StringProtocol {
  /// How many columns of a terminal the text takes: two for each East Asian wide character and emoji,
  /// none for marks that are written over another.
  var terminalColumns: Int { reduce(0) { $0 + $1.terminalColumns } }
}

extension Character {
  /// As above, for what a person sees as one character, however many scalars it has.
  var terminalColumns: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if first.isASCII, unicodeScalars.count == 1 {
      return first.value >= 0x20 && first.value != 0x7F ? 1 : 0
    }
    // U+FE0F asks for the emoji of a character that is also a letter or a sign.
    if WideScalars.contain(first) || first.properties.isEmojiPresentation
      || unicodeScalars.contains("\u{FE0F}")
    {
      return 2
    }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .lineSeparator, .paragraphSeparator: return 0
    // A soft hyphen is shown.
    case .format: return first == "\u{AD}" ? 1 : 0
    default: return 1
    }
  }
}

extension WideScalars {
  fileprivate static func contain(_ scalar: Unicode.Scalar) -> Bool {
    var candidates = ranges[...]
    while !candidates.isEmpty {
      let middle = candidates.startIndex + candidates.count / 2
      if candidates[middle].contains(scalar.value) { return true }
      candidates =
        scalar.value < candidates[middle].lowerBound
        ? candidates[..<middle] : candidates[(middle + 1)...]
    }
    return false
  }
}
