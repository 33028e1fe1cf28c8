/// What outlives a text, so that the next one allocates nothing.
struct WordScratch: Sendable {
  /// The ids of the tokens so far, and, where they are wanted, their bytes in the original text.
  var ids: [Int32] = []
  var offsets: [Range<Int>] = []
  /// Whether a word needed the unknown token of a vocabulary without one.
  var lacksUnknownToken = false
  var pairs = BytePairScratch()
  var unigram = UnigramScratch()
  var cache = WordCache()

  fileprivate var word: [UInt8] = []
  /// By byte of `word`: the bytes of the original text it comes from.
  fileprivate var origins: [Range<Int>] = []
  fileprivate var hashes: [UInt64] = []
}

/// Where the normalized text is split into words (the pre-tokenizers of Hugging Face `tokenizers`).
enum WordSplitting: String, Sendable, CaseIterable {
  /// Splits at white space and around each punctuation mark.
  case bert = "BertPreTokenizer"
  /// Splits at white space, and between what letters and digits are made of and all else:
  /// `\w+|[^\w\s]+`.
  case whitespace = "Whitespace"
  /// Splits at white space alone.
  case whitespaceOnly = "WhitespaceSplit"
}

/// Splits the normalized text into words and cuts each into its pieces.
struct WordSink: NormalizedSink {
  let model: WordPiece
  let splitting: WordSplitting
  let ascii: ASCIITable
  let tracksOffsets: Bool
  /// No more tokens than this are needed; `isFull` tells when to stop.
  let limit: Int
  var scratch: WordScratch

  private var length = 0
  private var scalars = 0
  private var isWord = false
  private var hash: UInt64
  private var start = 0
  private var end = 0

  init(
    model: WordPiece, splitting: WordSplitting, ascii: ASCIITable, tracksOffsets: Bool, limit: Int,
    scratch: WordScratch
  ) {
    self.model = model
    self.splitting = splitting
    self.ascii = ascii
    self.tracksOffsets = tracksOffsets
    self.limit = limit
    self.scratch = scratch
    hash = model.vocabulary.seed
    // Bytes past the limit of scalars are not kept, so that the word always fits.
    let capacity = model.maxInputCharsPerWord * 4
    if self.scratch.word.count < capacity {
      self.scratch.word = Array(repeating: 0, count: capacity)
    }
    if tracksOffsets, self.scratch.origins.count < capacity {
      self.scratch.origins = Array(repeating: 0..<0, count: capacity)
    }
  }

  var isFull: Bool { scratch.ids.count >= limit }

  mutating func append(_ scalar: NormalizedScalar) {
    let properties = ScalarTable.shared.properties(of: scalar.value)
    guard splitting == .bert else {
      if properties.contains(.space) {
        finishWord()
        return
      }
      if splitting == .whitespace, properties.contains(.word) != isWord {
        finishWord()
        isWord = properties.contains(.word)
      }
      extend(scalar)
      return
    }
    if properties.isDisjoint(with: [.space, .punctuation]) {
      extend(scalar)
    } else {
      finishWord()
      if properties.contains(.punctuation) {
        extend(scalar)
        finishWord()
      }
    }
  }

  mutating func append(token id: Int32, origin: Range<Int>) {
    scratch.ids.append(id)
    if tracksOffsets { scratch.offsets.append(origin) }
  }

  private mutating func appendUnknown(_ origin: Range<Int>) {
    if let id = model.unknownID {
      append(token: id, origin: origin)
    } else {
      scratch.lacksUnknownToken = true
    }
  }

  /// Takes normalized ASCII: letters and digits in runs, up to the first byte that is neither
  /// ASCII nor wanted, or to `upper`. Returns where it stopped.
  @inline(__always)
  mutating func takeASCII(
    _ text: UnsafeBufferPointer<UInt8>, from lower: Int, to upper: Int
  ) -> Int {
    var index = lower
    while index < upper {
      let entry = ascii[text[index]]
      if entry < 0x100 {
        extend(UInt8(truncatingIfNeeded: entry), at: index)
      } else if entry & ASCIITable.space != 0 {
        finishWord()
        if isFull { return upper }
      } else if entry & ASCIITable.punctuation != 0 {
        finishWord()
        extend(UInt8(truncatingIfNeeded: entry), at: index)
        finishWord()
        if isFull { return upper }
      } else if entry & ASCIITable.notASCII != 0 {
        return index
      }
      index += 1
    }
    return index
  }

  @inline(__always)
  private mutating func extend(_ byte: UInt8, at index: Int) {
    if scalars == 0 { start = index }
    end = index + 1
    if scalars < model.maxInputCharsPerWord { store(byte, index..<index + 1) }
    scalars += 1
  }

  private mutating func extend(_ scalar: NormalizedScalar) {
    if scalars == 0 { start = scalar.start }
    end = scalar.end
    if scalars < model.maxInputCharsPerWord {
      UTF8Bytes.forEach(of: scalar.value) { store($0, scalar.start..<scalar.end) }
    }
    scalars += 1
  }

  @inline(__always)
  private mutating func store(_ byte: UInt8, _ origin: @autoclosure () -> Range<Int>) {
    hash = TokenTable.extend(hash, byte)
    scratch.word[length] = byte
    if tracksOffsets { scratch.origins[length] = origin() }
    length += 1
  }

  mutating func finishWord() {
    guard scalars > 0 else { return }
    if scalars > model.maxInputCharsPerWord {
      appendUnknown(start..<max(start, end))
    } else {
      cutWord()
    }
    length = 0
    scalars = 0
    hash = model.vocabulary.seed
  }

  private mutating func cutWord() {
    let word = scratch.word
    word.withUnsafeBufferPointer { bytes in
      if let id = model.vocabulary.startID(bytes[0..<length], hash: hash) {
        append(token: id, origin: origin(of: 0..<length))
        return
      }
      if model.isWordLevel {
        appendUnknown(origin(of: 0..<length))
        return
      }
      let first = scratch.ids.count
      var hashes = scratch.hashes
      scratch.hashes = []
      let whole = UnsafeBufferPointer(rebasing: bytes[0..<length])
      let isKnown = model.pieces(of: whole, hashes: &hashes) { id, range in
        append(token: id, origin: origin(of: range))
      }
      scratch.hashes = hashes
      if !isKnown {
        scratch.ids.removeSubrange(first...)
        if tracksOffsets { scratch.offsets.removeSubrange(first...) }
        appendUnknown(origin(of: 0..<length))
      }
    }
  }

  /// The original text from the first byte of a piece to its last.
  @inline(__always)
  private func origin(of piece: Range<Int>) -> Range<Int> {
    guard tracksOffsets else { return 0..<0 }
    let start = scratch.origins[piece.lowerBound].lowerBound
    // Reordered marks can lie before the piece's first byte.
    return start..<max(start, scratch.origins[piece.upperBound - 1].upperBound)
  }
}

/// The UTF-8 of a scalar and back, without a `Unicode.Scalar` or an array between.
enum UTF8Bytes {
  @inline(__always)
  static func forEach(of scalar: UInt32, _ body: (UInt8) -> Void) {
    switch scalar {
    case ..<0x80:
      body(UInt8(truncatingIfNeeded: scalar))
    case ..<0x800:
      body(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
      body(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    case ..<0x10000:
      body(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
      body(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      body(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    default:
      body(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
      body(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
      body(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      body(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    }
  }

  /// The scalar at `index` of valid UTF-8, and its length in bytes.
  @inline(__always)
  static func scalar(
    in text: UnsafeBufferPointer<UInt8>, at index: Int, to end: Int
  ) -> (value: UInt32, length: Int) {
    let lead = UInt32(text[index])
    let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    // The text is valid; still, nothing is read past its end.
    guard index + length <= end else { return (0xFFFD, end - index) }
    func tail(_ offset: Int) -> UInt32 { UInt32(text[index + offset]) & 0x3F }
    switch length {
    case 1: return (lead, 1)
    case 2: return ((lead & 0x1F) << 6 | tail(1), 2)
    case 3: return ((lead & 0x0F) << 12 | tail(1) << 6 | tail(2), 3)
    default:
      return (min(0x10FFFF, (lead & 7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3)), 4)
    }
  }

  /// Where the scalar before `index` begins.
  static func start(
    before index: Int, in text: UnsafeBufferPointer<UInt8>, from lower: Int
  ) -> Int {
    var start = index - 1
    while start > lower, text[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}
