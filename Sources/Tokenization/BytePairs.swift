import Files

/// Byte-level byte-pair encoding, GPT-2's and RoBERTa's (`BPE` behind `ByteLevel` of Hugging Face
/// `tokenizers`): words of UTF-8 bytes, of which neighbours are merged, those of the lowest rank first.
///
/// A class, as each text would else count the references to all of its parts.
final class BytePairs: Sendable {
  let vocabulary: Vocabulary
  let unknownToken: String
  /// Whether a text that does not begin with a space is read as if it did.
  let addsPrefixSpace: Bool

  private let byteIDs: [Int32]
  private let merges: MergeTable

  /// - Throws: `TokenizerError.malformed` for merges of what is no token, and
  ///   `TokenizerError.unsupported` where a byte has no token.
  init(
    vocabulary builder: consuming Vocabulary.Builder, merges given: MergeList, unknownToken: String,
    addsPrefixSpace: Bool, file: String
  ) throws(TokenizerError) {
    let vocabulary = builder.build(continuingSubwordPrefix: nil)
    var byteIDs: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      guard let id = vocabulary.id(of: String(ByteAlphabet.character(of: byte))) else {
        throw .unsupported(file: file, reason: "its vocabulary has no token for the byte \(byte)")
      }
      byteIDs.append(Int32(truncatingIfNeeded: id))
    }
    var merges = MergeTable(capacity: given.pairs.count)
    for (rank, pair) in given.pairs.enumerated() {
      func id(_ range: Range<Int>) throws(TokenizerError) -> Int32 {
        guard let id = vocabulary.id(of: given.arena[range]) else {
          let token = String(decoding: given.arena[range], as: UTF8.self)
          throw .malformed(
            file: file,
            reason: "merge \(rank + 1) has \(quoted(token)), which is no token of the vocabulary")
        }
        return id
      }
      let merged = try id(pair.first.lowerBound..<pair.second.upperBound)
      merges.insert(
        try id(pair.first), try id(pair.second),
        MergeTable.Merge(rank: UInt32(truncatingIfNeeded: rank), id: merged))
    }
    self.vocabulary = vocabulary
    self.unknownToken = unknownToken
    self.addsPrefixSpace = addsPrefixSpace
    self.byteIDs = byteIDs
    self.merges = merges
  }

  /// Appends the tokens of a part of `text`, valid UTF-8, until there are `limit` in all.
  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, limit: Int, tracksOffsets: Bool,
    to scratch: inout WordScratch
  ) {
    guard !range.isEmpty else { return }
    let part = UnsafeBufferPointer(rebasing: text[range])
    guard addsPrefixSpace, part[0] != UInt8(ascii: " ") else {
      append(part, from: range.lowerBound, limit, tracksOffsets, to: &scratch)
      return
    }
    var spaced = scratch.pairs.spaced
    scratch.pairs.spaced = []
    spaced.removeAll(keepingCapacity: true)
    spaced.append(UInt8(ascii: " "))
    spaced.append(contentsOf: part)
    let first = scratch.offsets.count
    spaced.withUnsafeBufferPointer {
      append($0, from: range.lowerBound - 1, limit, tracksOffsets, to: &scratch)
    }
    scratch.pairs.spaced = spaced
    // The space that the text lacks stands where its first character is.
    if tracksOffsets, first < scratch.offsets.count {
      let character = UTF8Bytes.scalar(in: part, at: 0, to: part.count).length
      let end = max(scratch.offsets[first].upperBound, range.lowerBound + character)
      scratch.offsets[first] = range.lowerBound..<end
    }
  }

  private func append(
    _ text: UnsafeBufferPointer<UInt8>, from origin: Int, _ limit: Int, _ tracksOffsets: Bool,
    to scratch: inout WordScratch
  ) {
    let classes = CharacterClasses.shared
    var start = 0
    while start < text.count, scratch.ids.count < limit {
      let end = GPT2Pattern.end(of: start, in: text, classes)
      let word = UnsafeBufferPointer(rebasing: text[start..<end])
      let hash = word.reduce(vocabulary.seed, TokenTable.extend)
      // The cache does not know where a word's tokens are.
      if tracksOffsets
        || !scratch.cache.append(word, seed: vocabulary.seed, hash: hash, to: &scratch.ids)
      {
        merge(word, in: &scratch.pairs)
        scratch.ids += scratch.pairs.ids
        if !tracksOffsets {
          scratch.cache.insert(
            word, seed: vocabulary.seed, hash: hash, tokens: scratch.pairs.ids[...])
        }
      }
      if tracksOffsets {
        var place = start
        for length in scratch.pairs.lengths {
          // A piece of a character stands for all of it.
          var (lower, upper) = (place, place + Int(length))
          while lower > 0, text[lower] & 0xC0 == 0x80 { lower -= 1 }
          while upper < text.count, text[upper] & 0xC0 == 0x80 { upper += 1 }
          scratch.offsets.append(origin + lower..<origin + upper)
          place += Int(length)
        }
      }
      start = end
    }
  }

  /// Longer words are merged by a heap rather than by looking for the lowest rank anew.
  private static let shortWord = 48

  /// Leaves the tokens of a word and their lengths in bytes in `scratch`.
  private func merge(_ word: UnsafeBufferPointer<UInt8>, in scratch: inout BytePairScratch) {
    scratch.ids.removeAll(keepingCapacity: true)
    scratch.lengths.removeAll(keepingCapacity: true)
    for byte in word {
      scratch.ids.append(byteIDs[Int(byte)])
      scratch.lengths.append(1)
    }
    if word.count > Self.shortWord {
      mergeLong(&scratch)
    } else if word.count > 1 {
      mergeShort(&scratch)
    }
  }

  private func mergeShort(_ scratch: inout BytePairScratch) {
    scratch.merges.removeAll(keepingCapacity: true)
    for index in 1..<scratch.ids.count {
      scratch.merges.append(merges[scratch.ids[index - 1], scratch.ids[index]])
    }
    var count = scratch.ids.count
    scratch.ids.withUnsafeMutableBufferPointer { ids in
      scratch.lengths.withUnsafeMutableBufferPointer { lengths in
        scratch.merges.withUnsafeMutableBufferPointer { merges in
          while count > 1 {
            var best = 0
            for index in 1..<count - 1 where merges[index].rank < merges[best].rank {
              best = index
            }
            let merge = merges[best]
            if merge.rank == .max { return }
            ids[best] = merge.id
            lengths[best] += lengths[best + 1]
            count -= 1
            for index in best + 1..<max(count, best + 1) {
              ids[index] = ids[index + 1]
              lengths[index] = lengths[index + 1]
            }
            for index in best..<max(count - 1, best) { merges[index] = merges[index + 1] }
            if best > 0 { merges[best - 1] = self.merges[ids[best - 1], ids[best]] }
            if best + 1 < count { merges[best] = self.merges[ids[best], ids[best + 1]] }
          }
        }
      }
    }
    scratch.ids.removeLast(scratch.ids.count - count)
    scratch.lengths.removeLast(scratch.lengths.count - count)
  }

  /// Merges by a heap of places and a linked list: no more than n log n for n bytes.
  private func mergeLong(_ scratch: inout BytePairScratch) {
    var (ids, lengths) = (scratch.ids, scratch.lengths)
    let count = ids.count
    // Of a merged token its first byte's place stands; the others' lengths are 0.
    var next = Array(1...count)
    var previous = Array(-1..<count - 1)
    var heap = RankHeap()
    func offer(_ place: Int) {
      guard place >= 0, next[place] < count else { return }
      let rank = merges[ids[place], ids[next[place]]].rank
      if rank != .max { heap.insert(rank: rank, place: place) }
    }
    for place in 0..<count - 1 { offer(place) }
    while let (rank, place) = heap.removeFirst() {
      let other = next[place]
      guard lengths[place] > 0, other < count else { continue }
      let merge = merges[ids[place], ids[other]]
      guard merge.rank == rank else { continue }
      ids[place] = merge.id
      lengths[place] += lengths[other]
      lengths[other] = 0
      next[place] = next[other]
      if next[place] < count { previous[next[place]] = place }
      offer(previous[place])
      offer(place)
    }
    scratch.ids.removeAll(keepingCapacity: true)
    scratch.lengths.removeAll(keepingCapacity: true)
    for place in 0..<count where lengths[place] > 0 {
      scratch.ids.append(ids[place])
      scratch.lengths.append(lengths[place])
    }
  }
}

/// What merging the bytes of a word needs, kept from word to word.
struct BytePairScratch: Sendable {
  fileprivate var ids: [Int32] = []
  fileprivate var lengths: [Int32] = []
  fileprivate var merges: [MergeTable.Merge] = []
  fileprivate var spaced: [UInt8] = []
}

/// A binary heap of the places of merges: the lowest rank first, and the leftmost of one rank.
private struct RankHeap {
  private var keys: [UInt64] = []

  mutating func insert(rank: UInt32, place: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(UInt32(truncatingIfNeeded: place)))
    var index = keys.count - 1
    while index > 0, keys[index] < keys[(index - 1) / 2] {
      keys.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func removeFirst() -> (rank: UInt32, place: Int)? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      var index = 0
      while true {
        var least = index
        for child in [2 * index + 1, 2 * index + 2]
        where child < keys.count && keys[child] < keys[least] {
          least = child
        }
        if least == index { break }
        keys.swapAt(index, least)
        index = least
      }
    }
    return (UInt32(first >> 32), Int(first & 0xFFFF_FFFF))
  }
}

/// The printable characters that stand for bytes in a byte-level vocabulary.
enum ByteAlphabet {
  /// By byte. Those that print in Latin-1 stand for themselves, the others follow from U+0100 on.
  private static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? "?"
      }
    }
  }()
  private static let bytes = Dictionary(
    uniqueKeysWithValues: zip(characters, UInt8.min...UInt8.max))

  static func character(of byte: UInt8) -> Character { Character(characters[Int(byte)]) }

  /// The text of tokens (`decoders.ByteLevel`): one that is not of these characters is text already.
  static func decode(_ tokens: [String]) -> String {
    var text: [UInt8] = []
    for token in tokens {
      let start = text.count
      for scalar in token.unicodeScalars {
        guard let byte = bytes[scalar] else {
          text.removeLast(text.count - start)
          text += token.utf8
          break
        }
        text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
