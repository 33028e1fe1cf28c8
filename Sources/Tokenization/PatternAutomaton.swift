/// Finds the longest of several byte patterns that begins at each place of a text, in a time that grows
/// with the text alone (Aho and Corasick, "Efficient string matching", 1975).
///
/// It reads backwards: at each place it knows the longest pattern that begins there, so that no byte is
/// read again for a match that comes to nothing, and none for the next match.
struct PatternAutomaton: Sendable {
  private struct Node {
    /// The longest of the other nodes whose bytes this node's begin with.
    var failure: Int32 = 0
    /// Of the longest pattern that begins this node's bytes; 0 where none does.
    var length: Int32 = 0
    var value: Int32 = 0
  }

  private var nodes = [Node()]
  private var edges: EdgeTable
  /// Whether some pattern ends with a byte; rules out nearly all places at once.
  private var ends = [Bool](repeating: false, count: 256)
  private var longest = 0

  var isEmpty: Bool { longest == 0 }

  /// - Parameter patterns: With what `Matches` returns for each; the first one of equal patterns counts.
  init(_ patterns: [(bytes: [UInt8], value: Int32)]) {
    edges = EdgeTable(capacity: patterns.reduce(0) { $0 + $1.bytes.count })
    // By node, without the root: the node before it, the byte between them, and its number of bytes.
    var origins: [(parent: Int32, byte: UInt8)] = []
    var depths: [Int32] = []
    for (bytes, value) in patterns {
      var node: Int32 = 0
      for (depth, byte) in bytes.reversed().enumerated() {
        if let next = edges[node, byte] {
          node = next
        } else {
          let next = Int32(nodes.count)
          nodes.append(Node())
          origins.append((node, byte))
          depths.append(Int32(depth + 1))
          edges.insert(node, byte, next)
          node = next
        }
      }
      guard let last = bytes.last else { continue }
      ends[Int(last)] = true
      longest = max(longest, bytes.count)
      if nodes[Int(node)].length == 0 {
        nodes[Int(node)].length = Int32(bytes.count)
        nodes[Int(node)].value = value
      }
    }
    for index in Self.byDepth(depths, longest: longest) {
      let (parent, byte) = origins[index]
      var failure: Int32 = 0
      if parent != 0 { failure = next(nodes[Int(parent)].failure, byte) }
      nodes[index + 1].failure = failure
      if nodes[index + 1].length == 0 {
        nodes[index + 1].length = nodes[Int(failure)].length
        nodes[index + 1].value = nodes[Int(failure)].value
      }
    }
  }

  /// The indices of `depths`, lesser depths first.
  private static func byDepth(_ depths: [Int32], longest: Int) -> [Int] {
    var places = [Int](repeating: 0, count: longest + 2)
    for depth in depths { places[Int(depth) + 1] += 1 }
    for depth in places.indices.dropFirst() { places[depth] += places[depth - 1] }
    var order = [Int](repeating: 0, count: depths.count)
    for (index, depth) in depths.enumerated() {
      order[places[Int(depth)]] = index
      places[Int(depth)] += 1
    }
    return order
  }

  @inline(__always)
  private func next(_ node: Int32, _ byte: UInt8) -> Int32 {
    var node = node
    while true {
      if let next = edges[node, byte] { return next }
      if node == 0 { return 0 }
      node = nodes[Int(node)].failure
    }
  }

  /// The matches in a range of a text, one after another.
  struct Matches {
    private let automaton: PatternAutomaton
    private let text: UnsafeBufferPointer<UInt8>
    private let end: Int
    /// Up to where the text is looked through, a block at a time: what is kept of it stays small.
    private var known: Int
    private let blockSize: Int
    /// In the block, the last one first.
    private var found: [(start: Int, length: Int32, value: Int32)] = []

    init(_ automaton: PatternAutomaton, in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
      self.automaton = automaton
      self.text = text
      end = range.upperBound
      known = automaton.isEmpty ? end : range.lowerBound
      blockSize = max(4096, 4 * automaton.longest)
    }

    /// The first place from `place` on where a pattern matches, and the longest one there. Places never
    /// go back.
    mutating func next(from place: Int) -> (range: Range<Int>, value: Int32)? {
      while true {
        while let match = found.popLast() {
          guard match.start >= place else { continue }
          return (match.start..<match.start + Int(match.length), match.value)
        }
        known = max(known, place)
        guard known < end else { return nil }
        readBlock()
      }
    }

    private mutating func readBlock() {
      let blockEnd = min(known + blockSize, end)
      // A pattern that begins in the block may end behind it.
      var index = min(blockEnd + automaton.longest - 1, end)
      var node: Int32 = 0
      while index > known {
        index -= 1
        let byte = text[index]
        if node == 0, !automaton.ends[Int(byte)] { continue }
        node = automaton.next(node, byte)
        let state = automaton.nodes[Int(node)]
        if state.length != 0, index < blockEnd {
          found.append((index, state.length, state.value))
        }
      }
      known = blockEnd
    }
  }
}

/// From a node and a byte to the next node, by open addressing.
private struct EdgeTable: Sendable {
  private struct Slot {
    var node: Int32 = -1
    var next: Int32 = 0
    var byte: UInt8 = 0
  }

  private var slots: [Slot]
  private let mask: Int
  // Odd, and such as no file can foresee: crafted collisions would make looking up slow.
  private let factor = UInt64.random(in: .min ... .max) | 1

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
    mask = size - 1
  }

  @inline(__always)
  private func place(_ node: Int32, _ byte: UInt8) -> Int {
    let key = UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
    return Int(truncatingIfNeeded: (key &* factor) >> 32) & mask
  }

  @inline(__always)
  subscript(node: Int32, byte: UInt8) -> Int32? {
    var index = place(node, byte)
    while slots[index].node >= 0 {
      if slots[index].node == node, slots[index].byte == byte { return slots[index].next }
      index = (index + 1) & mask
    }
    return nil
  }

  mutating func insert(_ node: Int32, _ byte: UInt8, _ next: Int32) {
    var index = place(node, byte)
    while slots[index].node >= 0 { index = (index + 1) & mask }
    slots[index] = Slot(node: node, next: next, byte: byte)
  }
}
