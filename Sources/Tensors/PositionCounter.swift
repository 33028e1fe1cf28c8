/// Which row of a table of position embeddings each token of a sequence has, asked from the first on.
public struct PositionCounter {
  private let padding: Int?
  private var next: Int

  /// - Parameter padding: Nil, and positions count from 0. Or an id whose tokens all have the position of
  ///   that number, while those of all others count from behind it.
  public init(padding: Int?) {
    self.padding = padding
    next = padding.map { $0 + 1 } ?? 0
  }

  /// Of the next token.
  public mutating func position(of id: Int32) -> Int {
    if let padding, Int(id) == padding { return padding }
    next += 1
    return next - 1
  }
}
