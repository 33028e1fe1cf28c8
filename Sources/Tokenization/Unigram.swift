import Files

/// The unigram language model of sentencepiece (Kudo, 2018; `Unigram` of Hugging Face `tokenizers`): of all
/// ways to cut a word into tokens, that with the greatest sum of their scores.
///
/// A class, as each text would else count the references to all of its parts.
final class Unigram: Sendable {
  /// In bytes; cutting a word takes its length times this.
  static let maximumTokenLength = 1024
  /// How much less than the least score of a token that of an unknown character is.
  private static let unknownPenalty = 10.0

  let vocabulary: Vocabulary
  let normalizer: UnigramNormalizer
  let metaspace: Metaspace
  /// What a character without a token is; without one, a text that has such a character cannot be encoded.
  let unknownID: Int32?

  /// By id.
  private let scores: [Double]
  private let unknownScore: Double
  /// By byte, where characters without a token are written in tokens of their bytes.
  private let byteIDs: [Int32?]
  private let filter: PrefixFilter

  /// - Parameters:
  ///   - builder: A list, whose places are the ids.
  ///   - scores: By id.
  /// - Throws: `TokenizerError.malformed` for an unknown token that is not in the list, and
  ///   `TokenizerError.unsupported` for tokens that are too long.
  init(
    vocabulary builder: consuming Vocabulary.Builder, scores: [Double], unknownID: Int?,
    fallsBackToBytes: Bool, normalizer: UnigramNormalizer, metaspace: Metaspace, file: String
  ) throws(TokenizerError) {
    let vocabulary = builder.buildList()
    guard scores.count == vocabulary.count, !scores.isEmpty else {
      throw .notATokenizer(file: file, reason: "its vocabulary is missing or empty")
    }
    if let unknownID, !scores.indices.contains(unknownID) {
      throw .malformed(
        file: file, reason: "unk_id is \(unknownID), not from 0 to \(scores.count - 1)")
    }
    guard vocabulary.longestStart <= Self.maximumTokenLength else {
      throw .unsupported(
        file: file, reason: "a token is longer than \(Self.maximumTokenLength) bytes")
    }
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    filter = PrefixFilter(vocabulary)
    byteIDs =
      fallsBackToBytes
      ? (UInt8.min...UInt8.max).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        let token = "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
        return vocabulary.id(of: token).map { Int32(truncatingIfNeeded: $0) }
      } : []
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknownID = unknownID.map { Int32(truncatingIfNeeded: $0) }
    self.normalizer = normalizer
    self.metaspace = metaspace
  }

  /// Appends the tokens of a part of a normalized text, until there are `limit` in all.
  func append(
    _ text: NormalizedText, _ range: Range<Int>, limit: Int, to words: inout WordScratch
  ) {
    var scratch = UnigramScratch()
    swap(&scratch, &words.unigram)
    if !text.tracksOrigins, metaspace.splitsAtWhitespace, metaspace.addsFirst {
      appendKnown(text, range, limit: limit, &scratch, to: &words)
    } else {
      appendAll(text, range, limit: limit, &scratch, to: &words)
    }
    swap(&scratch, &words.unigram)
  }

  private func appendAll(
    _ text: NormalizedText, _ range: Range<Int>, limit: Int, _ scratch: inout UnigramScratch,
    to words: inout WordScratch
  ) {
    var word = NormalizedText()
    swap(&word, &scratch.word)
    metaspace.forEachWord(of: text, range, in: &word) { word in
      if !cut(word, &scratch, to: &words) { words.lacksUnknownToken = true }
      return words.ids.count < limit && !words.lacksUnknownToken
    }
    swap(&word, &scratch.word)
  }

  /// The same for a text whose places do not matter: what stands between white spaces is looked for among
  /// what came before, and cut only where it is new.
  private func appendKnown(
    _ text: NormalizedText, _ range: Range<Int>, limit: Int, _ scratch: inout UnigramScratch,
    to words: inout WordScratch
  ) {
    let seed = vocabulary.seed
    text.bytes.withUnsafeBufferPointer { bytes in
      var start = range.lowerBound
      while start < range.upperBound, words.ids.count < limit, !words.lacksUnknownToken {
        var end = start
        var hash = seed
        var space = 0
        while end < range.upperBound {
          space = Metaspace.spaceLength(bytes, end, range.upperBound)
          if space > 0 { break }
          hash = TokenTable.extend(hash, bytes[end])
          end += 1
        }
        if start < end {
          let part = UnsafeBufferPointer(rebasing: bytes[start..<end])
          if !words.cache.append(part, seed: seed, hash: hash, to: &words.ids) {
            let first = words.ids.count
            appendAll(text, start..<end, limit: .max, &scratch, to: &words)
            if words.lacksUnknownToken { return }
            words.cache.insert(part, seed: seed, hash: hash, tokens: words.ids[first...])
          }
        }
        start = end + space
      }
    }
  }

  /// Returns whether each character of the word has a token.
  private func cut(
    _ word: NormalizedText, _ scratch: inout UnigramScratch, to words: inout WordScratch
  ) -> Bool {
    word.bytes.withUnsafeBufferPointer { bytes in
      guard findBestPath(bytes, &scratch) else { return false }
      scratch.tokens.removeAll(keepingCapacity: true)
      var end = bytes.count
      while end > 0 {
        var start = Int(scratch.nodes[end].start)
        var id = scratch.nodes[end].id
        if id == unknownID {
          // Neighbours become one.
          while start > 0, scratch.nodes[start].id == unknownID {
            start = Int(scratch.nodes[start].start)
          }
          id = -1
        }
        scratch.tokens.append((id, start..<end))
        end = start
      }
      for (id, range) in scratch.tokens.reversed() {
        let origin = word.origin(of: range)
        func append(_ id: Int32) {
          words.ids.append(id)
          if word.tracksOrigins { words.offsets.append(origin) }
        }
        if id >= 0 {
          append(id)
          continue
        }
        forEachToken(unknown: bytes[range], append)
      }
      return true
    }
  }

  /// The tokens of characters that the best path has no tokens for.
  private func forEachToken(
    unknown text: Slice<UnsafeBufferPointer<UInt8>>, _ body: (Int32) -> Void
  ) {
    // As in the reference: several of them may be a token together, of a score too low.
    let hash = text.reduce(vocabulary.seed, TokenTable.extend)
    if let id = vocabulary.startID(text, hash: hash) {
      body(id)
    } else if !byteIDs.isEmpty, text.allSatisfy({ byteIDs[Int($0)] != nil }) {
      for byte in text { if let id = byteIDs[Int(byte)] { body(id) } }
    } else if let unknownID {
      body(unknownID)
    }
  }

  /// Finds for each place of the word the token that the best path to it ends with (Viterbi, 1967). Returns
  /// false where a character has none.
  private func findBestPath(
    _ word: UnsafeBufferPointer<UInt8>, _ scratch: inout UnigramScratch
  ) -> Bool {
    scratch.nodes.removeAll(keepingCapacity: true)
    scratch.nodes.append(
      contentsOf: repeatElement(UnigramScratch.Node(), count: word.count + 1))
    return scratch.nodes.withUnsafeMutableBufferPointer { nodes in
      var start = 0
      while start < word.count {
        let before = nodes[start].score
        let character = UTF8Bytes.scalar(in: word, at: start, to: word.count).length
        var isKnown = false
        var hash = vocabulary.seed
        var end = start
        while end < word.count {
          repeat {
            hash = TokenTable.extend(hash, word[end])
            end += 1
          } while end < word.count && word[end] & 0xC0 == 0x80
          guard filter.mayBegin(hash) else { break }
          guard filter.mayBe(hash), let id = vocabulary.startID(word[start..<end], hash: hash)
          else { continue }
          nodes[end].offer(before + scores[Int(id)], id, start)
          if end == start + character { isKnown = true }
        }
        if !isKnown {
          let score = before + unknownScore
          let known = nodes[start + character]
          if known.start < 0 || score > known.score {
            guard let unknownID else { return false }
            nodes[start + character].offer(score, unknownID, start)
          }
        }
        start += character
      }
      return true
    }
  }
}

/// What cutting a word needs, kept from word to word.
struct UnigramScratch: Sendable {
  /// The end of the best path to a place.
  fileprivate struct Node {
    var score = 0.0
    var id: Int32 = 0
    /// -1 where no path leads.
    var start: Int32 = -1

    @inline(__always)
    mutating func offer(_ score: Double, _ id: Int32, _ start: Int) {
      if self.start < 0 || score > self.score {
        self = Node(score: score, id: id, start: Int32(truncatingIfNeeded: start))
      }
    }
  }

  fileprivate var nodes: [Node] = []
  fileprivate var word = NormalizedText()
  /// Of the word, last first; -1 for what is unknown.
  fileprivate var tokens: [(id: Int32, range: Range<Int>)] = []
}
