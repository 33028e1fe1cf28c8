/// A normalized text held as a whole, for finding added tokens in it.
struct NormalizedText: NormalizedSink, Sendable {
  private(set) var bytes: [UInt8] = []
  /// By byte: the bytes of the original text it comes from.
  private(set) var origins: [Range<Int>] = []
  /// Whether `origins` is wanted; else it stays empty.
  private var tracksOrigins = true

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

  func origin(of range: Range<Int>) -> Range<Int> {
    guard tracksOrigins, !range.isEmpty else { return 0..<0 }
    let start = origins[range.lowerBound].lowerBound
    return start..<max(start, origins[range.upperBound - 1].upperBound)
  }
}
