/// Encoded texts one after another, and the scratch memory of encoding: reuse one, and encoding
/// allocates nothing once it is warm. Each thread needs its own.
public struct TokenBuffer: Sendable {
  public internal(set) var ids: [Int32] = []
  /// The token types that the model is given, as many as `ids`.
  public internal(set) var tokenTypeIDs: [UInt8] = []

  var scratch = TextScratch()

  public init() {}

  /// Removes the tokens and keeps the memory.
  public mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
    tokenTypeIDs.removeAll(keepingCapacity: true)
  }
}
