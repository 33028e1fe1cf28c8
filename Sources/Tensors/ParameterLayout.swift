/// Where each tensor of a model lies in one piece of memory: the same for the values, their
/// derivatives, and an optimiser's moments.
public struct ParameterLayout: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    /// The tensor's name as in a checkpoint: `bert.embeddings.LayerNorm.weight`.
    public let name: String
    /// The dimensions, outermost first; one or two of them.
    public let shape: [Int]
    /// Whether weight decay applies: not to biases, and not to layer norms.
    public let isDecayed: Bool
    /// The place of the first element, in elements.
    public let offset: Int

    public var count: Int { shape.reduce(1, *) }
    var rows: Int { shape.count == 1 ? 1 : shape[0] }
    var columns: Int { shape.last! }
    var range: Range<Int> { offset..<offset + count }
  }

  /// The tensors in the order of their offsets.
  public private(set) var entries: [Entry] = []
  /// Elements, with the gaps between tensors.
  public private(set) var floatCount = 0
  private var indices: [String: Int] = [:]

  public init() {}

  /// Adds a tensor behind those that are there.
  ///
  /// - Parameters:
  ///   - name: As the checkpoint has it.
  ///   - shape: Rows first.
  ///   - isDecayed: Whether AdamW's weight decay is for it.
  ///   - joined: Directly behind the last tensor, which it makes a matrix with; otherwise it begins
  ///     on a 64-byte boundary.
  @discardableResult
  public mutating func append(
    _ name: String, shape: [Int], isDecayed: Bool, joined: Bool = false
  ) -> Entry {
    precondition((1...2).contains(shape.count) && shape.allSatisfy { $0 > 0 }, "a vector or matrix")
    precondition(indices[name] == nil, "\(name) twice")
    let offset = joined ? floatCount : (floatCount + 15) / 16 * 16
    let entry = Entry(name: name, shape: shape, isDecayed: isDecayed, offset: offset)
    indices[name] = entries.count
    entries.append(entry)
    floatCount = offset + entry.count
    return entry
  }

  public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// The numbers that a model learns.
  public var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }

  /// The place of tensors that lie one behind another, as one matrix with all their rows, or as one
  /// vector.
  public func joined(_ parts: [Entry]) -> Entry {
    let first = parts[0]
    for (part, next) in zip(parts, parts.dropFirst()) {
      precondition(part.range.upperBound == next.offset, "\(next.name) is not joined to the last")
      precondition(part.columns == next.columns || part.shape.count == 1, "rows of one length")
    }
    let sum = parts.reduce(0) { $0 + $1.shape[0] }
    return Entry(
      name: parts.map(\.name).joined(separator: " + "), shape: [sum] + first.shape.dropFirst(),
      isDecayed: first.isDecayed, offset: first.offset)
  }

  /// The tensor with this name, which there must be.
  public func entry(_ name: String) -> Entry {
    guard let entry = self[name] else { preconditionFailure("no parameter \(name)") }
    return entry
  }
}
