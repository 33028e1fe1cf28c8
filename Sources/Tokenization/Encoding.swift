/// A text, or a pair of texts, as token ids. All arrays are of one length, in tokens.
public struct Encoding: Equatable, Sendable {
  public var ids: [Int32] = []
  /// 0 for the first sequence, 1 for the second, as BERT's templates have it.
  public var tokenTypeIDs: [UInt8] = []
  /// The UTF-8 bytes of the token's own sequence that it stands for; empty for a special token
  /// that the template adds.
  public var offsets: [Range<Int>] = []
  /// 0 for a token of the first sequence, 1 for one of the second, nil for a special token that
  /// the template adds.
  public var sequenceIDs: [Int?] = []
  /// Whether tokens were left out to keep within the maximum length.
  public var isTruncated = false

  public init() {}
}
