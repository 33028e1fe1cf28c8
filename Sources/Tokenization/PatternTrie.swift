/// Finds the longest of several byte patterns that begins at a place of a text.
struct PatternTrie: Sendable {
  private static let none: Int32 = -1

  /// From a node and a byte to the next node.
  private var edges: [UInt64: Int32] = [:]
  /// The pattern that ends at a node.
  private var patterns: [Int32] = [Self.none]
  /// Whether some pattern begins with a byte; rules out nearly all places at once.
  private var begins = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { edges.isEmpty }

  /// - Parameter value: What `longestMatch` returns; the first one of equal patterns counts.
  mutating func insert(_ pattern: some Sequence<UInt8>, value: Int32) {
    var node: Int32 = 0
    for byte in pattern {
      if node == 0 { begins[Int(byte)] = true }
      let key = UInt64(node) << 8 | UInt64(byte)
      if let next = edges[key] {
        node = next
      } else {
        let next = Int32(patterns.count)
        patterns.append(Self.none)
        edges[key] = next
        node = next
      }
    }
    if node != 0, patterns[Int(node)] == Self.none { patterns[Int(node)] = value }
  }

  /// The first place from `start` on where a pattern matches, and the longest one there.
  func firstMatch(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> (range: Range<Int>, value: Int32)? {
    var place = start
    while place < end {
      if begins[Int(text[place])] {
        var node: Int32 = 0
        var index = place
        var found: (range: Range<Int>, value: Int32)?
        while index < end, let next = edges[UInt64(node) << 8 | UInt64(text[index])] {
          node = next
          index += 1
          let value = patterns[Int(node)]
          if value != Self.none { found = (place..<index, value) }
        }
        if let found { return found }
      }
      place += 1
    }
    return nil
  }
}
