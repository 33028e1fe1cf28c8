/// A normalized text held as a whole, for finding added tokens in it.
struct NormalizedText: NormalizedSink, Sendable {
  private(set) var bytes: [UInt8] = []
  /// By byte: the bytes of the original text it comes from.
  private(set) var origins: [Range<Int>] = []
  /// Whether `origins` is wanted; else it stays empty.
  private(set) var tracksOrigins = true

  mutating func removeAll(tracksOrigins: Bool) {
    self.tracksOrigins = tracksOrigins
    bytes.removeAll(keepingCapacity: true)
    origins.removeAll(keepingCapacity: true)
  }

  mutating func append(_ scalar: NormalizedScalar) {
    UTF8Bytes.forEach(of: scalar.value) {
      bytes.append($0)
      if tracksOrigins { origins.append(scalar.start..<scalar.end) }
    }
  }

  /// Where origins are not wanted.
  mutating func append(_ given: some Collection<UInt8>) {
    bytes.append(contentsOf: given)
  }

  /// A character, or a part of the text that stands for one place in the original.
  mutating func append(_ given: some Collection<UInt8>, origin: Range<Int>) {
    bytes.append(contentsOf: given)
    if tracksOrigins { origins.append(contentsOf: repeatElement(origin, count: given.count)) }
  }

  /// A part of another text.
  mutating func append(_ other: NormalizedText, _ range: Range<Int>) {
    bytes.append(contentsOf: other.bytes[range])
    if tracksOrigins { origins.append(contentsOf: other.origins[range]) }
  }

  /// A part of the original text, valid UTF-8, as it is.
  mutating func append(original text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    guard tracksOrigins else {
      bytes.append(contentsOf: text[range])
      return
    }
    var index = range.lowerBound
    while index < range.upperBound {
      let length = UTF8Bytes.scalar(in: text, at: index, to: range.upperBound).length
      append(text[index..<index + length], origin: index..<index + length)
      index += length
    }
  }

  func origin(of range: Range<Int>) -> Range<Int> {
    guard tracksOrigins, !range.isEmpty else { return 0..<0 }
    let start = origins[range.lowerBound].lowerBound
    return start..<max(start, origins[range.upperBound - 1].upperBound)
  }
}
