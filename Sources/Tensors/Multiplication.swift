import CKernels

/// How one thread multiplies matrices that both change from product to product, as those of training do:
/// in which precision, and with whose memory.
public struct Multiplication {
  /// `float32`, on BLAS, or `bf16x3`.
  public let precision: Precision
  private let workspace: Workspace
  /// Whether no product is too small to be packed: for tests.
  private let packsAll: Bool

  public init(_ precision: Precision, workspace: Workspace) {
    self.init(precision, workspace: workspace, packsAll: false)
  }

  package init(_ precision: Precision, workspace: Workspace, packsAll: Bool) {
    precondition(
      [.float32, .bf16x3].contains(precision), "8 bits of changing operands are too little")
    self.precision = precision
    self.workspace = workspace
    self.packsAll = packsAll
  }

  /// How many bytes of scratch the product of [`rows`, `depth`] with [`depth`, `columns`] takes.
  public func byteCount(rows: Int, columns: Int, depth: Int) -> Int {
    let product = BlockedProduct(rows: rows, columns: columns, depth: depth)
    return packs(product) ? product.scratchBytes : 0
  }

  private func packs(_ product: BlockedProduct) -> Bool {
    precision == .bf16x3 && (packsAll || product.isWorthwhile)
  }

  /// Computes the product where it is to be packed: false where it is left to BLAS.
  func multiply(_ left: Operand, _ right: Operand, to output: Matrix, adding: Bool) -> Bool {
    let product = BlockedProduct(rows: output.rows, columns: output.columns, depth: left.depth)
    guard packs(product) else { return false }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    product.run(
      left, right, to: output, adding: adding,
      scratch: workspace.scratch(floats: product.scratchBytes / MemoryLayout<Float>.stride))
    return true
  }

  /// Rows or columns of a matrix, of which a product sums the numbers along the depth.
  struct Operand {
    let matrix: Matrix
    /// Whether the depth is along the matrix's columns, not along its rows.
    let isAcross: Bool

    var depth: Int { isAcross ? matrix.rows : matrix.columns }

    func start(line: Int, depth: Int) -> UnsafeMutablePointer<Float> {
      let (row, column) = isAcross ? (depth, line) : (line, depth)
      return matrix.base + row * matrix.stride + column
    }
  }
}

/// A product of two single-precision matrices by way of bf16x3: both are packed, block by block, and the
/// blocks' products added up, so that the scratch stays small however large the matrices are.
private struct BlockedProduct {
  let rows: Int
  let columns: Int
  let depth: Int

  /// The largest blocks. One of the left operand, 1 MB, stays in the second-level cache while one of the
  /// right operand goes by, 4 MB, for all blocks of rows that follow each other.
  private static let (rowLimit, columnLimit, depthLimit) = (512, 2048, 512)
  private static let pieces = 2

  /// Packing takes (rows + columns) x depth, and what AMX saves over BLAS is of rows x columns x depth: by
  /// their peak rates both are even where there are 16 of the latter to one of the former, as for 32 rows and
  /// 32 columns. And a tile should not be mostly zeros.
  var isWorthwhile: Bool {
    depth >= PackedTiles.step && rows * columns >= 16 * (rows + columns)
  }

  private var rowBlock: Int { min(rows, Self.rowLimit) }
  private var columnBlock: Int { min(columns, Self.columnLimit) }

  /// Equal parts of the depth, whole tiles but for the last.
  private var depthBlock: Int {
    let parts = max(1, (depth + Self.depthLimit - 1) / Self.depthLimit)
    return PackedTiles.depth((depth + parts - 1) / parts) * PackedTiles.step
  }

  private var leftBytes: Int { bytes(tileRows: PackedTiles.rows(rowBlock)) }
  private var rightBytes: Int { bytes(tileRows: PackedTiles.blocks(columnBlock)) }
  private var sumsBytes: Int {
    (Processor.productKernel.scratch_floats + 15) / 16 * 16 * MemoryLayout<Float>.stride
  }

  private func bytes(tileRows: Int) -> Int {
    tileRows * PackedTiles.depth(depthBlock) * Self.pieces * PackedTiles.byteCount
  }

  var scratchBytes: Int { leftBytes + rightBytes + sumsBytes }

  func run(
    _ left: Multiplication.Operand, _ right: Multiplication.Operand, to output: Matrix,
    adding: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    let memory = UnsafeMutableRawPointer(scratch)
    let packedLeft = memory.assumingMemoryBound(to: UInt16.self)
    let packedRight = (memory + leftBytes).assumingMemoryBound(to: UInt16.self)
    let sums = (memory + leftBytes + rightBytes).assumingMemoryBound(to: Float.self)
    let table = Processor.table
    for place in stride(from: 0, to: depth, by: depthBlock) {
      let length = min(depth - place, depthBlock)
      for column in stride(from: 0, to: columns, by: Self.columnLimit) {
        let width = min(columns - column, Self.columnLimit)
        table.pack_right(
          right.start(line: column, depth: place), right.matrix.stride, right.isAcross, width,
          length, packedRight)
        for row in stride(from: 0, to: rows, by: Self.rowLimit) {
          let height = min(rows - row, Self.rowLimit)
          table.pack_left(
            left.start(line: row, depth: place), left.matrix.stride, left.isAcross, height, length,
            packedLeft)
          var job = c4b_product_job(
            input: packedLeft, weight: packedRight, input_pieces: Int32(Self.pieces),
            weight_pieces: Int32(Self.pieces), rows: height,
            depth_tiles: PackedTiles.depth(length), columns: width, begin: 0,
            end: PackedTiles.blocks(width), bias: nil, activation: C4B_ACTIVATION_LINEAR,
            output: output.base + row * output.stride + column, output_stride: output.stride,
            adds: adding || place > 0, packed_output: nil, scratch: sums)
          Processor.productKernel.multiply(&job)
        }
      }
    }
  }
}
