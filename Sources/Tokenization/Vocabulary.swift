/// The tokens of a WordPiece model: their bytes in one arena, and two hash tables over it, one of
/// the tokens as they start a word and one of those that continue it, without their prefix.
struct Vocabulary: Sendable {
  /// Above any real vocabulary, and far below what would exhaust the memory.
  static let maximumCount = 4_000_000

  /// No model has more than 2^24 embeddings.
  static let maximumID = (1 << 24) - 1

  private struct Entry {
    var start: UInt32
    var length: UInt32
    var id: Int32
  }

  private let arena: [UInt8]
  private let entries: [Entry]
  /// Entry numbers in ascending order of id.
  private let order: [Int32]
  private let starts: TokenTable
  private let continuations: TokenTable

  var count: Int { entries.count }
  var highestID: Int { order.last.map { Int(entries[Int($0)].id) } ?? -1 }

  /// Collects the tokens as a file gives them; of a token given twice the last id counts.
  struct Builder {
    var arena: [UInt8] = []
    private var entries: [Entry] = []

    var count: Int { entries.count }

    mutating func add(_ token: Range<Int>, id: Int, file: String) throws(TokenizerError) {
      guard (0...Vocabulary.maximumID).contains(id) else {
        throw .malformed(
          file: file, reason: "the token id \(id) is not from 0 to \(Vocabulary.maximumID)")
      }
      guard entries.count < Vocabulary.maximumCount, token.upperBound <= Int(Int32.max) else {
        throw .unsupported(file: file, reason: "more than \(Vocabulary.maximumCount) tokens")
      }
      entries.append(
        Entry(start: UInt32(token.lowerBound), length: UInt32(token.count), id: Int32(id)))
    }

    /// How many tokens were added before the first of this content; nil where there is none.
    func firstPlace(of token: String) -> Int? {
      let bytes = Array(token.utf8)
      return entries.firstIndex { entry in
        Int(entry.length) == bytes.count
          && arena[Int(entry.start)..<Int(entry.start + entry.length)].elementsEqual(bytes)
      }
    }

    /// - Parameter prefix: Of tokens that continue a word; nil where none does.
    consuming func build(continuingSubwordPrefix prefix: String?) -> Vocabulary {
      Vocabulary(
        arena: arena, entries: entries, prefix: prefix.map { Array($0.utf8) }, keepsRepeated: false)
    }

    /// Of a list, whose places are the ids: a token that stands there twice has the later id, and either id
    /// is of it.
    consuming func buildList() -> Vocabulary {
      Vocabulary(arena: arena, entries: entries, prefix: nil, keepsRepeated: true)
    }
  }

  private init(arena: [UInt8], entries given: [Entry], prefix: [UInt8]?, keepsRepeated: Bool) {
    var entries = given
    // A hash that no file can foresee: crafted collisions would make the loading quadratic.
    let seed = UInt64.random(in: .min ... .max)
    var starts = TokenTable(capacity: entries.count, seed: seed)
    var kept = 0
    var later: [Int32: Int32] = [:]
    for entry in given {
      let token = Int(entry.start)..<Int(entry.start + entry.length)
      if let known = starts.insert(token, in: arena, value: Int32(kept)) {
        if keepsRepeated {
          later[known] = entry.id
          entries[kept] = entry
          kept += 1
        } else {
          entries[Int(known)].id = entry.id
        }
      } else {
        entries[kept] = entry
        kept += 1
      }
    }
    entries.removeSubrange(kept...)
    let continuing = entries.indices.filter { index in
      guard let prefix else { return false }
      let entry = entries[index]
      return Int(entry.length) > prefix.count
        && arena[Int(entry.start)..<Int(entry.start) + prefix.count].elementsEqual(prefix)
    }
    var continuations = TokenTable(capacity: continuing.count, seed: seed)
    for index in continuing {
      let entry = entries[index]
      let rest = Int(entry.start) + (prefix?.count ?? 0)..<Int(entry.start + entry.length)
      _ = continuations.insert(rest, in: arena, value: entry.id)
    }
    if later.isEmpty {
      starts.replaceValues { entries[Int($0)].id }
    } else {
      starts.replaceValues { later[$0] ?? entries[Int($0)].id }
    }
    var order = (0..<Int32(entries.count)).map { $0 }
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.id <= $1.id }
    if !isSorted { order.sort { entries[Int($0)].id < entries[Int($1)].id } }
    self.arena = arena
    self.entries = entries
    self.order = order
    self.starts = starts
    self.continuations = continuations
  }

  func id(of token: String) -> Int? {
    var token = token
    return token.withUTF8 { bytes in
      let hash = bytes.reduce(starts.seed, TokenTable.extend)
      return starts.find(bytes[...], hash: hash, in: arena).map { Int($0) }
    }
  }

  /// Calls `body` with the bytes of each token.
  func forEachToken(_ body: (Slice<UnsafeBufferPointer<UInt8>>) -> Void) {
    arena.withUnsafeBufferPointer { bytes in
      for entry in entries { body(bytes[Int(entry.start)..<Int(entry.start + entry.length)]) }
    }
  }

  func id(of token: ArraySlice<UInt8>) -> Int32? {
    token.withUnsafeBufferPointer { bytes in
      starts.find(bytes[...], hash: bytes.reduce(starts.seed, TokenTable.extend), in: arena)
    }
  }

  func token(for id: Int) -> String? {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if entries[Int(order[middle])].id < id { low = middle + 1 } else { high = middle }
    }
    guard low < order.count, entries[Int(order[low])].id == id else { return nil }
    let entry = entries[Int(order[low])]
    let bytes = arena[Int(entry.start)..<Int(entry.start + entry.length)]
    return String(decoding: bytes, as: UTF8.self)
  }

  // The hash of a word's first bytes is that of one byte less, extended: a caller that walks over
  // a word has the hashes of all its prefixes.

  @inline(__always)
  var seed: UInt64 { starts.seed }

  @inline(__always)
  func startID(_ word: Slice<UnsafeBufferPointer<UInt8>>, hash: UInt64) -> Int32? {
    starts.find(word, hash: hash, in: arena)
  }

  @inline(__always)
  func continuationID(_ word: Slice<UnsafeBufferPointer<UInt8>>, hash: UInt64) -> Int32? {
    continuations.find(word, hash: hash, in: arena)
  }

  /// The longest token that starts a word, and that continues one, in bytes.
  var longestStart: Int { starts.longest }
  var longestContinuation: Int { continuations.longest }
}

/// An open-addressing hash table from byte strings in an arena to integers.
struct TokenTable: Sendable {
  /// `length` is 0 in an empty slot, and one more than the string's length otherwise.
  private struct Slot {
    var tag: UInt32 = 0
    var start: UInt32 = 0
    var length: UInt32 = 0
    var value: Int32 = 0
  }

  let seed: UInt64
  private(set) var longest = 0
  private var slots: [Slot]
  private let mask: Int

  init(capacity: Int, seed: UInt64) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
    mask = size - 1
    self.seed = seed
  }

  @inline(__always)
  static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
  }

  // Only the high bits of a product depend on all bits of its factors.
  @inline(__always)
  private func place(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash ^ hash >> 29) >> 32) & mask
  }

  /// Returns the value that the string has already, or inserts it and returns nil.
  mutating func insert(_ token: Range<Int>, in arena: [UInt8], value: Int32) -> Int32? {
    let hash = token.reduce(seed) { Self.extend($0, arena[$1]) }
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var index = place(hash)
    while slots[index].length != 0 {
      let slot = slots[index]
      if slot.tag == tag, Int(slot.length) == token.count + 1,
        arena[Int(slot.start)..<Int(slot.start) + token.count].elementsEqual(arena[token])
      {
        return slot.value
      }
      index = (index + 1) & mask
    }
    slots[index] = Slot(
      tag: tag, start: UInt32(token.lowerBound), length: UInt32(token.count + 1), value: value)
    longest = max(longest, token.count)
    return nil
  }

  mutating func replaceValues(_ value: (Int32) -> Int32) {
    for index in slots.indices where slots[index].length != 0 {
      slots[index].value = value(slots[index].value)
    }
  }

  /// - Parameter hash: `seed` extended by the bytes of `token`.
  @inline(__always)
  func find(
    _ token: Slice<UnsafeBufferPointer<UInt8>>, hash: UInt64, in arena: [UInt8]
  ) -> Int32? {
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    let count = token.count
    var index = place(hash)
    while slots[index].length != 0 {
      let slot = slots[index]
      if slot.tag == tag, Int(slot.length) == count + 1 {
        var matches = true
        for offset in 0..<count
        where arena[Int(slot.start) + offset] != token[token.startIndex + offset] {
          matches = false
          break
        }
        if matches { return slot.value }
      }
      index = (index + 1) & mask
    }
    return nil
  }
}
