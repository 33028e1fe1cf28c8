import CKernels

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A layer's weight, `[output size, input size]`, as bfloat16 numbers in the order in which products of
/// that precision read them. A copy: what it was made from is not needed any more.
public struct PackedWeight: Sendable {
  public let rows: Int
  public let columns: Int
  /// `bf16x3` or `bfloat16`.
  public let precision: Precision

  /// Two for numbers in high and low pieces.
  let pieces: Int
  private let memory: AlignedMemory

  var base: UnsafePointer<UInt16> {
    UnsafePointer(memory.base.assumingMemoryBound(to: UInt16.self))
  }

  /// Bytes held.
  public var byteCount: Int { memory.byteCount }

  /// Packs a stored weight on all cores, and lets go of its file's pages: they no longer count as this
  /// process's memory.
  init(_ stored: StoredMatrix, precision: Precision) {
    precondition(precision != .float32, "single precision is not packed")
    let (rows, columns, element) = (stored.rows, stored.columns, stored.element)
    self.rows = rows
    self.columns = columns
    self.precision = precision
    // Of a number that is stored in bfloat16 the low piece is 0.
    pieces = precision == .bf16x3 && element != .bfloat16 ? 2 : 1
    let blocks = PackedTiles.blocks(rows)
    let tiles = blocks * PackedTiles.depth(columns) * pieces
    let memory = AlignedMemory(byteCount: tiles * PackedTiles.byteCount)
    let target = memory.base.assumingMemoryBound(to: UInt16.self)
    let pieces = Int32(pieces)
    func pack(_ range: Range<Int>) {
      Processor.table.pack_weight(
        element.kernel, stored.base, rows, columns, pieces, range.lowerBound, range.upperBound,
        target)
    }
    // Below a million elements the threads cost more than they save.
    if rows * columns >= 1 << 20, let team = Team(size: Self.cores) {
      let parts = min(4 * team.size, blocks)
      team.run(parts: parts) { part in
        pack(blocks * part / parts..<blocks * (part + 1) / parts)
      }
    } else {
      pack(0..<blocks)
    }
    self.memory = memory
    stored.releasePages()
  }

  private static let cores = ProcessInfo.processInfo.activeProcessorCount
}

/// The sizes of products.h.
enum PackedTiles {
  static let numbers = Int(C4B_TILE_NUMBERS)
  static let byteCount = numbers * MemoryLayout<UInt16>.stride
  static let height = Int(C4B_TILE_ROWS)
  private static let width = Int(C4B_TILE_DEPTH)

  /// Along the depth, which is this long.
  static func depth(_ size: Int) -> Int { (size + width - 1) / width }

  /// That hold so many rows of activations.
  static func rows(_ count: Int) -> Int { (count + height - 1) / height }

  /// That hold so many outputs: an even number.
  static func blocks(_ outputs: Int) -> Int { depth(outputs) * blocksInStep }

  /// Outputs that a share of a product begins at a multiple of.
  static let step = width
  static let blocksInStep = width / height
}
