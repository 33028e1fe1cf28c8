import CKernels

/// Rows on their way into linear layers, in the form that the layers' precision asks for: as they are,
/// or packed. Made by ``Linear/prepare(_:workspace:)``, once for all layers that read the same rows.
public struct LayerInput {
  enum Form {
    case float32(Matrix)
    case packed(PackedRows)
  }

  let form: Form

  public var rows: Int {
    switch form {
    case .float32(let matrix): matrix.rows
    case .packed(let rows): rows.rows
    }
  }

  var columns: Int {
    switch form {
    case .float32(let matrix): matrix.columns
    case .packed(let rows): rows.columns
    }
  }
}

/// Activations as bfloat16 numbers, in tiles: memory of a ``Workspace``.
struct PackedRows {
  let rows: Int
  let columns: Int
  /// Two for numbers in high and low pieces.
  let pieces: Int
  let base: UnsafeMutablePointer<UInt16>

  /// With undefined contents.
  init(rows: Int, columns: Int, precision: Precision, workspace: Workspace) {
    self.rows = rows
    self.columns = columns
    pieces = precision == .bf16x3 ? 2 : 1
    let bytes =
      PackedTiles.rows(rows) * PackedTiles.depth(columns) * pieces * PackedTiles.byteCount
    let memory = workspace.scratch(floats: bytes / MemoryLayout<Float>.stride)
    base = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt16.self)
  }

  init(_ matrix: Matrix, precision: Precision, workspace: Workspace) {
    self.init(
      rows: matrix.rows, columns: matrix.columns, precision: precision, workspace: workspace)
    guard matrix.rows > 0 else { return }
    let height = PackedTiles.height
    let rowNumbers = PackedTiles.depth(columns) * pieces * PackedTiles.numbers
    let minimum = max(1, elementsWorthSharing / (height * columns))
    workspace.split(PackedTiles.rows(rows), minimum: minimum) { _, tiles in
      let first = tiles.lowerBound * height
      Processor.table.pack_rows(
        matrix.base + first * matrix.stride, matrix.stride, min(tiles.count * height, rows - first),
        columns, Int32(pieces), base + tiles.lowerBound * rowNumbers)
    }
  }
}
