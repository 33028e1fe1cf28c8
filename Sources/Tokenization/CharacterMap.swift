/// The map of characters that a sentencepiece model normalizes texts by (`Precompiled` of Hugging Face
/// `tokenizers`): a double array of the keys' bytes (Aoe, 1989; Darts), and what they become, each with a
/// zero at its end.
struct CharacterMap: Sendable {
  /// In bytes, of what one key becomes; bounds how much longer a text can become. Of the map that is
  /// published most it is 33.
  static let maximumReplacement = 128

  private let units: [UInt32]
  private let replacements: [UInt8]
  /// In bytes.
  let longestReplacement: Int
  /// By ASCII byte: whether it stays as it is where no mark follows it.
  private let isKept: [Bool]

  /// - Returns: Nil where the bytes are something else.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let size = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    guard size > 0, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map { place in
      (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }
    replacements = Array(bytes[(4 + size)...])
    longestReplacement = replacements.split(separator: 0).map(\.count).max() ?? 0
    guard String(validating: replacements, as: UTF8.self) != nil,
      longestReplacement <= Self.maximumReplacement
    else { return nil }
    var isKept = [Bool](repeating: false, count: 128)
    for byte in UInt8(0)..<128 where byte != 0x0D {
      isKept[Int(byte)] = Self.replacement(of: [byte][...], units, replacements) == nil
    }
    self.isKept = isKept
  }

  /// What stands for the shortest beginning of `key` that there is something for; nil where there is
  /// nothing.
  private static func replacement(
    of key: some Collection<UInt8>, _ units: [UInt32], _ replacements: [UInt8]
  ) -> Range<Int>? {
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << (unit >> 6 & 8)) }
    var node = offset(units[0])
    for byte in key {
      node ^= Int(byte)
      guard byte != 0, node < units.count else { return nil }
      let unit = units[node]
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      node ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard node < units.count else { return nil }
      let start = Int(units[node] & 0x7FFF_FFFF)
      guard start <= replacements.count else { return nil }
      let end = replacements[start...].firstIndex(of: 0) ?? replacements.count
      // Inside a character there is none.
      guard start == end || replacements[start] & 0xC0 != 0x80 else { return nil }
      return start..<end
    }
    return nil
  }

  /// Appends `text` with its clusters of characters replaced: a short cluster as a whole, of a long one
  /// each scalar.
  func append(_ text: NormalizedText, to result: inout NormalizedText) {
    text.bytes.withUnsafeBufferPointer { bytes in
      var edit = TextEdit(text, bytes)
      var start = 0
      while start < bytes.count {
        var plain = start
        while plain < bytes.count, bytes[plain] < 0x80, isKept[Int(bytes[plain])],
          plain + 1 == bytes.count || bytes[plain + 1] < 0x80
        {
          plain += 1
        }
        if plain > start {
          edit.keep(start..<plain, to: &result)
          start = plain
          continue
        }
        let end = clusterEnd(bytes, start)
        if end - start < 6, replace(start..<end, bytes, &edit, to: &result) {
          start = end
          continue
        }
        while start < end {
          let length = UTF8Bytes.scalar(in: bytes, at: start, to: end).length
          let range = start..<start + length
          if !replace(range, bytes, &edit, to: &result) { edit.keep(range, to: &result) }
          start += length
        }
      }
      edit.finish(to: &result)
    }
  }

  private func clusterEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    let (first, length) = UTF8Bytes.scalar(in: bytes, at: start, to: bytes.count)
    var end = start + length
    var breaks = GraphemeBreaks(first: first)
    while end < bytes.count {
      let (next, length) = UTF8Bytes.scalar(in: bytes, at: end, to: bytes.count)
      guard breaks.take(next) else { break }
      end += length
    }
    return end
  }

  private func replace(
    _ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>, _ edit: inout TextEdit,
    to result: inout NormalizedText
  ) -> Bool {
    guard
      let replacement = Self.replacement(of: bytes[range], units, replacements)
    else { return false }
    edit.replace(range, by: replacements[replacement], to: &result)
    return true
  }
}

/// Writes a text anew, each character with the place in the original text that `NormalizedString::transform`
/// of Hugging Face `tokenizers` gives it: the first of a replacement take the places of what they replace
/// one by one, more of them the last place, and what is removed goes with the character before it.
private struct TextEdit {
  private let text: NormalizedText
  private let bytes: UnsafeBufferPointer<UInt8>
  /// How much of the text what is written stands for.
  private var place = 0
  /// The last character, not written as long as what follows it may be removed; and by how many characters
  /// it and what goes with it are more than before.
  private var pending: (scalar: UInt32, change: Int)?

  init(_ text: NormalizedText, _ bytes: UnsafeBufferPointer<UInt8>) {
    self.text = text
    self.bytes = bytes
  }

  mutating func keep(_ range: Range<Int>, to result: inout NormalizedText) {
    guard text.tracksOrigins else {
      result.append(bytes[range])
      return
    }
    forEachScalar(of: range) { scalar in push(scalar, change: 0, to: &result) }
  }

  mutating func replace(
    _ range: Range<Int>, by replacement: ArraySlice<UInt8>, to result: inout NormalizedText
  ) {
    guard text.tracksOrigins else {
      result.append(replacement)
      return
    }
    var (old, new) = (0, 0)
    forEachScalar(of: range) { _ in old += 1 }
    for scalar in String(decoding: replacement, as: UTF8.self).unicodeScalars {
      push(scalar.value, change: new < old ? 0 : 1, to: &result)
      new += 1
    }
    // As in the reference: what is removed before there is a character is not counted.
    if new < old { pending?.change -= old - new }
  }

  mutating func finish(to result: inout NormalizedText) {
    guard let (scalar, change) = pending else { return }
    pending = nil
    var origin = 0..<0
    if change > 0 {
      if place > 0 { origin = text.origin(of: place - 1..<place) }
    } else {
      if place < bytes.count { origin = text.origin(of: place..<place + 1) }
      for _ in 0...(-change) where place < bytes.count {
        place += UTF8Bytes.scalar(in: bytes, at: place, to: bytes.count).length
      }
    }
    result.append(
      NormalizedScalar(value: scalar, start: origin.lowerBound, end: origin.upperBound))
  }

  private mutating func push(_ scalar: UInt32, change: Int, to result: inout NormalizedText) {
    finish(to: &result)
    pending = (scalar, change)
  }

  private func forEachScalar(of range: Range<Int>, _ body: (UInt32) -> Void) {
    var index = range.lowerBound
    while index < range.upperBound {
      let (scalar, length) = UTF8Bytes.scalar(in: bytes, at: index, to: range.upperBound)
      body(scalar)
      index += length
    }
  }
}
