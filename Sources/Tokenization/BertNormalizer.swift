/// The switches of Hugging Face's `BertNormalizer`.
struct BertNormalizer: Equatable, Sendable {
  /// Deletes control characters, and makes all white space U+0020.
  var cleanText = true
  /// Sets ideographs apart, each a word of its own.
  var handleChineseChars = true
  /// Decomposes, and deletes nonspacing marks; nil: where `lowercase` is on.
  var stripAccents: Bool?
  var lowercase = true

  var stripsAccents: Bool { stripAccents ?? lowercase }

  /// The same behind a normalizer that lower-cases, if there is one: whether accents go is decided
  /// before.
  func lowered(_ lowersCase: Bool) -> BertNormalizer {
    guard lowersCase, !lowercase else { return self }
    var normalizer = self
    normalizer.stripAccents = stripsAccents
    normalizer.lowercase = true
    return normalizer
  }

  /// Changes nothing, for a tokenizer without a normalizer.
  static let identity = BertNormalizer(
    cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false)
}

/// What `BertNormalizer` and `BertPreTokenizer` make of each ASCII byte.
struct ASCIITable: Sendable {
  static let removed: UInt16 = 0x100
  static let space: UInt16 = 0x200
  static let punctuation: UInt16 = 0x400
  static let notASCII: UInt16 = 0x800

  /// By byte: the byte that it becomes in the low eight bits, and one of the marks above.
  private let entries: [UInt16]

  init(_ normalizer: BertNormalizer) {
    let table = ScalarTable.shared
    entries = (0..<256).map { (byte: UInt32) in
      guard byte < 0x80 else { return Self.notASCII }
      let properties = table.properties(of: byte)
      let lowered = normalizer.lowercase && (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
      let entry = UInt16(lowered)
      // White space that clean_text keeps is not `removed` in the table: \t, \n and \r.
      if normalizer.cleanText, properties.contains(.removed) { return entry | Self.removed }
      if properties.contains(.space) { return entry | Self.space }
      return properties.contains(.punctuation) ? entry | Self.punctuation : entry
    }
  }

  @inline(__always)
  subscript(byte: UInt8) -> UInt16 { entries[Int(byte)] }
}

/// A scalar of the normalized text, and the bytes of the original text it comes from.
struct NormalizedScalar {
  var value: UInt32
  var start: Int
  var end: Int
}

/// Takes the normalized text, scalar for scalar.
protocol NormalizedSink {
  mutating func append(_ scalar: NormalizedScalar)
}

/// Normalizes scalar for scalar, holding back combining marks until their order is known.
struct NormalizationState {
  /// Small, as a text may be made of marks alone.
  private struct Mark {
    /// The scalar in 21 bits, its combining class in eight, its length in the text less one in two, and
    /// whether it stands for a scalar of the original text, or was added by decomposing one.
    private let bits: UInt32
    /// From the first mark that is held back.
    private let distance: UInt32

    init(
      _ value: UInt32, combiningClass: UInt8, isFirst: Bool, distance: UInt32, length: Int
    ) {
      bits =
        value | UInt32(combiningClass) << 21 | UInt32(truncatingIfNeeded: (length - 1) & 3) << 29
        | (isFirst ? 1 << 31 : 0)
      self.distance = distance
    }

    var value: UInt32 { bits & 0x1F_FFFF }
    var combiningClass: Int { Int(bits >> 21 & 0xFF) }
    var isFirst: Bool { bits >> 31 != 0 }
    func start(from origin: Int) -> Int { origin + Int(distance) }
    var length: Int { Int(bits >> 29 & 3) + 1 }
  }

  private var marks: [Mark] = []
  private var order: [UInt32] = []
  /// Where the first of `marks` is.
  private var origin = 0
  /// The original bytes of the last scalar that has gone out.
  private var lastStart = 0
  private var lastEnd = 0

  /// Whether the places in the original text matter.
  var tracksOrigins = true

  /// Takes one scalar of the original text, which is `start..<end` of its bytes.
  @inline(__always)
  mutating func take(
    _ value: UInt32, _ start: Int, _ end: Int, by normalizer: BertNormalizer,
    to sink: inout some NormalizedSink
  ) {
    let table = ScalarTable.shared
    var value = value
    var properties = table.properties(of: value)
    if normalizer.cleanText {
      if properties.contains(.removed) { return }
      if properties.contains(.space) {
        value = 0x20
        properties = .space
      }
    }
    if !normalizer.stripsAccents {
      let isApart = normalizer.handleChineseChars && properties.contains(.ideograph)
      let space = NormalizedScalar(value: 0x20, start: start, end: end)
      if isApart { sink.append(space) }
      lower(value, properties, start, end, by: normalizer, to: &sink)
      if isApart { sink.append(space) }
      return
    }
    takeDecomposed(value, properties, start, end, by: normalizer, to: &sink)
  }

  private mutating func takeDecomposed(
    _ value: UInt32, _ properties: ScalarProperties, _ start: Int, _ end: Int,
    by normalizer: BertNormalizer, to sink: inout some NormalizedSink
  ) {
    let isApart = normalizer.handleChineseChars && properties.contains(.ideograph)
    let space = NormalizedScalar(value: 0x20, start: start, end: end)
    if isApart {
      finish(by: normalizer, to: &sink)
      sink.append(space)
    }
    if properties.contains(.decomposes) {
      var isFirst = true
      for piece in ScalarTable.shared.decomposition(of: value) {
        let pieceProperties = ScalarTable.shared.properties(of: piece)
        place(piece, pieceProperties, isFirst, start, end, by: normalizer, to: &sink)
        isFirst = false
      }
    } else if value &- 0xAC00 < 11172 {
      // Hangul syllables decompose by rule (Unicode, section 3.12).
      let index = value - 0xAC00
      place(0x1100 + index / 588, [], true, start, end, by: normalizer, to: &sink)
      place(0x1161 + index % 588 / 28, [], false, start, end, by: normalizer, to: &sink)
      if index % 28 != 0 {
        place(0x11A7 + index % 28, [], false, start, end, by: normalizer, to: &sink)
      }
    } else {
      place(value, properties, true, start, end, by: normalizer, to: &sink)
    }
    if isApart {
      finish(by: normalizer, to: &sink)
      sink.append(space)
    }
  }

  @inline(__always)
  private mutating func place(
    _ value: UInt32, _ properties: ScalarProperties, _ isFirst: Bool, _ start: Int, _ end: Int,
    by normalizer: BertNormalizer, to sink: inout some NormalizedSink
  ) {
    let combiningClass = properties.combiningClass
    guard combiningClass == 0 else {
      // One that is deleted in the end changes no other but by the places in the original text.
      if !tracksOrigins, properties.contains(.mark) { return }
      if marks.isEmpty { origin = start }
      let distance = UInt32(truncatingIfNeeded: start - origin)
      marks.append(
        Mark(
          value, combiningClass: combiningClass, isFirst: isFirst, distance: distance,
          length: end - start))
      return
    }
    if !marks.isEmpty { finish(by: normalizer, to: &sink) }
    lastStart = start
    lastEnd = end
    strip(value, properties, start, end, by: normalizer, to: &sink)
  }

  /// Lets the held-back marks out in canonical order.
  ///
  /// Like `NormalizedString::transform` of the reference, a mark takes the place in the original
  /// text of the scalar whose turn it is, not always of its own.
  mutating func finish(by normalizer: BertNormalizer, to sink: inout some NormalizedSink) {
    guard !marks.isEmpty else { return }
    sortMarks()
    var source = 0
    for index in order {
      let mark = marks[Int(index)]
      if mark.isFirst {
        while source < marks.count, !marks[source].isFirst { source += 1 }
        if source < marks.count {
          lastStart = marks[source].start(from: origin)
          lastEnd = lastStart + marks[source].length
          source += 1
        }
      }
      let properties = ScalarTable.shared.properties(of: mark.value)
      strip(mark.value, properties, lastStart, lastEnd, by: normalizer, to: &sink)
    }
    marks.removeAll(keepingCapacity: true)
  }

  /// Makes `order` the indices of the marks by their class, and within a class as they stand.
  private mutating func sortMarks() {
    order.removeAll(keepingCapacity: true)
    if marks.count == 1 {
      order.append(0)
      return
    }
    var places = [Int](repeating: 0, count: 257)
    for mark in marks { places[mark.combiningClass + 1] += 1 }
    for index in 1..<257 { places[index] += places[index - 1] }
    order.append(contentsOf: repeatElement(0, count: marks.count))
    for (index, mark) in marks.enumerated() {
      order[places[mark.combiningClass]] = UInt32(truncatingIfNeeded: index)
      places[mark.combiningClass] += 1
    }
  }

  @inline(__always)
  private func strip(
    _ value: UInt32, _ properties: ScalarProperties, _ start: Int, _ end: Int,
    by normalizer: BertNormalizer, to sink: inout some NormalizedSink
  ) {
    if properties.contains(.mark) { return }
    lower(value, properties, start, end, by: normalizer, to: &sink)
  }

  @inline(__always)
  private func lower(
    _ value: UInt32, _ properties: ScalarProperties, _ start: Int, _ end: Int,
    by normalizer: BertNormalizer, to sink: inout some NormalizedSink
  ) {
    if normalizer.lowercase, properties.contains(.lowercases) {
      for piece in ScalarTable.shared.lowercase(of: value) {
        sink.append(NormalizedScalar(value: piece, start: start, end: end))
      }
    } else {
      sink.append(NormalizedScalar(value: value, start: start, end: end))
    }
  }
}
