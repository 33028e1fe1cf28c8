/// The tokens of words that came before, for models in which cutting a word takes long. Of two tables the one
/// fills; when it is full it takes the place of the other, so that what is seen often stays.
struct WordCache: Sendable {
  /// Of the vocabulary whose tokens these are.
  private var seed: UInt64 = 0
  private var newer = Table()
  private var older = Table()

  /// Appends the tokens of a word to `ids`, or returns false where they are not known.
  ///
  /// - Parameter hash: Of the word, from the vocabulary's seed on.
  @inline(__always)
  mutating func append(
    _ word: UnsafeBufferPointer<UInt8>, seed: UInt64, hash: UInt64, to ids: inout [Int32]
  ) -> Bool {
    guard self.seed == seed else { return false }
    return newer.append(word, hash, to: &ids) || revive(word, hash, to: &ids)
  }

  private mutating func revive(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, to ids: inout [Int32]
  ) -> Bool {
    let first = ids.count
    guard older.append(word, hash, to: &ids) else { return false }
    insert(word, seed: seed, hash: hash, tokens: ids[first...])
    return true
  }

  /// Keeps the tokens of a word that is not known yet.
  mutating func insert(
    _ word: UnsafeBufferPointer<UInt8>, seed: UInt64, hash: UInt64, tokens: ArraySlice<Int32>
  ) {
    guard Table.takes(word, tokens) else { return }
    if self.seed != seed {
      self.seed = seed
      newer.removeAll()
      older.removeAll()
    }
    if newer.isFull {
      swap(&newer, &older)
      newer.removeAll()
    }
    newer.insert(word, hash, tokens)
  }

  /// An open-addressing hash table.
  private struct Table: Sendable {
    private static let maximumCount = 16384
    private static let maximumLength = 64
    private static let maximumTokens = 16

    private struct Slot {
      var hash: UInt64 = 0
      var word: UInt32 = 0
      var tokens: UInt32 = 0
      /// In bytes; 0 in an empty slot.
      var length: UInt8 = 0
      var tokenCount: UInt8 = 0
    }

    private var slots: [Slot] = []
    private var count = 0
    private var bytes: [UInt8] = []
    private var ids: [Int32] = []

    static func takes(_ word: UnsafeBufferPointer<UInt8>, _ tokens: ArraySlice<Int32>) -> Bool {
      (1...maximumLength).contains(word.count) && tokens.count <= maximumTokens
    }

    var isFull: Bool { count == Self.maximumCount }

    @inline(__always)
    private static func place(_ hash: UInt64) -> Int {
      Int(truncatingIfNeeded: (hash ^ hash >> 29) >> 32) & (2 * maximumCount - 1)
    }

    @inline(__always)
    func append(
      _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, to ids: inout [Int32]
    ) -> Bool {
      if slots.isEmpty { return false }
      var index = Self.place(hash)
      while slots[index].length != 0 {
        let slot = slots[index]
        if slot.hash == hash, Int(slot.length) == word.count, isEqual(word, Int(slot.word)) {
          let start = Int(slot.tokens)
          for token in start..<start + Int(slot.tokenCount) { ids.append(self.ids[token]) }
          return true
        }
        index = (index + 1) & (2 * Self.maximumCount - 1)
      }
      return false
    }

    @inline(__always)
    private func isEqual(_ word: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
      for offset in 0..<word.count where bytes[start + offset] != word[offset] { return false }
      return true
    }

    mutating func insert(
      _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ tokens: ArraySlice<Int32>
    ) {
      if slots.isEmpty { slots = Array(repeating: Slot(), count: 2 * Self.maximumCount) }
      var index = Self.place(hash)
      while slots[index].length != 0 { index = (index + 1) & (2 * Self.maximumCount - 1) }
      slots[index] = Slot(
        hash: hash, word: UInt32(bytes.count), tokens: UInt32(ids.count),
        length: UInt8(word.count), tokenCount: UInt8(tokens.count))
      bytes.append(contentsOf: word)
      ids.append(contentsOf: tokens)
      count += 1
    }

    mutating func removeAll() {
      for index in slots.indices { slots[index] = Slot() }
      count = 0
      bytes.removeAll(keepingCapacity: true)
      ids.removeAll(keepingCapacity: true)
    }
  }
}
