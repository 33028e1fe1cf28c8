/// The features of one text.
public struct Features: Sendable, Equatable {
  /// Row by row, [``rows``, ``size``].
  public let values: [Float]
  /// The length of a vector: the model's hidden size, or what the folder's modules make of it.
  public let size: Int
  /// How many tokens the model saw, special tokens included.
  public let tokenCount: Int
  /// Whether the text was longer than the model takes, and some of it was left out: its end, or its
  /// beginning where the tokenizer truncates there.
  public let isTruncated: Bool

  /// 1 where the text was pooled to one vector, ``tokenCount`` where it was not.
  public var rows: Int { values.count / size }

  /// The vector of a token, or the only one of a pooled text.
  public subscript(row: Int) -> ArraySlice<Float> {
    precondition(row >= 0 && row < rows, "no such row")
    return values[row * size..<(row + 1) * size]
  }
}
