/// Memory for the activations of one forward pass, used again by the next: once it has grown to the
/// largest batch, a pass allocates nothing. Each worker has its own.
public final class Workspace {
  /// A place to return to: everything taken after it is free again.
  public struct Mark {
    fileprivate let chunk: Int
    fileprivate let used: Int
  }

  /// The threads that share the pass; nil: the calling thread alone.
  public var team: Team?
  /// Takes the time of each stage; nil: nobody wants to know.
  public var clock: StageClock?

  private var chunks: [AlignedMemory] = []
  private var current = 0
  private var used = 0  // bytes of the current chunk
  private static let smallestChunk = 1 << 20

  public init() {
    BLAS.useOneThreadPerCall()
  }

  /// How many bytes are held, in use or not.
  public var byteCount: Int {
    chunks.reduce(0) { $0 + $1.byteCount }
  }

  /// A matrix with undefined contents, every row on a 64-byte boundary.
  public func matrix(rows: Int, columns: Int) -> Matrix {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative extent")
    let stride = (columns + 15) / 16 * 16
    let (memory, base) = take(floats: rows * stride)
    return Matrix(base: base, owner: memory, rows: rows, columns: columns, stride: stride)
  }

  func scratch(floats count: Int) -> UnsafeMutablePointer<Float> {
    take(floats: count).base
  }

  public var mark: Mark {
    Mark(chunk: current, used: used)
  }

  /// Frees what was taken since `mark`. Matrices taken since must not be used any more.
  public func release(to mark: Mark) {
    current = mark.chunk
    used = mark.used
  }

  /// Frees everything, for the next pass, and joins what the last one needed into one piece.
  public func reset() {
    if chunks.count > 1 {
      let total = byteCount
      chunks = []
      chunks = [AlignedMemory(byteCount: total)]
    }
    current = 0
    used = 0
  }

  /// Ends a stage of the pass, for the clock if there is one.
  public func lap(_ stage: Stage) { clock?.lap(stage) }

  /// Shares work among the threads of the team: ``Work/share(_:step:cost:among:_:)``.
  func split(
    _ count: Int, step: Int = 1, cost: Int, _ body: (_ part: Int, Range<Int>) -> Void
  ) {
    Work.share(count, step: step, cost: cost, among: team, body)
  }

  private func take(floats count: Int) -> (memory: AlignedMemory, base: UnsafeMutablePointer<Float>)
  {
    let bytes = (count * MemoryLayout<Float>.stride + 63) / 64 * 64
    while current < chunks.count {
      let chunk = chunks[current]
      if chunk.byteCount - used >= bytes {
        let base = (chunk.base + used).assumingMemoryBound(to: Float.self)
        used += bytes
        return (chunk, base)
      }
      current += 1
      used = 0
    }
    let chunk = AlignedMemory(byteCount: max(bytes, Self.smallestChunk))
    chunks.append(chunk)
    used = bytes
    return (chunk, chunk.floats)
  }
}
