import CKernels
import Files

/// How a number is written in bfloat16 numbers, of which each has 8 bits.
protocol BFloat16Pieces: Sendable {
  static var precision: Precision { get }
  /// Of each number of the inputs.
  static var count: Int { get }
}

/// Rounded.
enum OnePiece: BFloat16Pieces {
  static let precision = Precision.bfloat16
  static let count = 1
}

/// The sum of a high and a low piece.
enum HighAndLow: BFloat16Pieces {
  static let precision = Precision.bf16x3
  static let count = 2
}

/// A layer's weight as bfloat16 numbers in the order in which products of that precision read them. A copy:
/// what it was made from is not needed any more.
struct PackedWeight<Pieces: BFloat16Pieces>: WeightForm {
  let outputs: Int
  let inputs: Int
  /// Of each number: fewer than the inputs' where the low ones would be 0.
  private let pieces: Int
  private let memory: AlignedMemory

  static var precision: Precision { Pieces.precision }

  /// Packs a stored weight on the threads of a team, and lets go of its file's pages: they no longer count
  /// as this process's memory.
  init(_ stored: StoredMatrix, team: Team?) {
    (outputs, inputs) = (stored.rows, stored.columns)
    pieces = stored.element == .bfloat16 ? 1 : Pieces.count
    let blocks = PackedTiles.blocks(outputs)
    let tiles = blocks * PackedTiles.depth(inputs) * pieces
    memory = AlignedMemory(byteCount: tiles * PackedTiles.byteCount)
    let cost = PackedTiles.height * inputs * Work.element
    Work.share(blocks, step: 1, cost: cost, among: team) { _, range in
      Processor.table.pack_weight(
        stored.element.kernel, stored.base, outputs, inputs, Int32(pieces), range.lowerBound,
        range.upperBound, memory.base.assumingMemoryBound(to: UInt16.self))
    }
    stored.releasePages()
  }

  static func rows(_ matrix: Matrix, workspace: Workspace) -> PackedRows<Pieces> {
    PackedRows(matrix, workspace: workspace)
  }

  static func multiply(
    _ rows: PackedRows<Pieces>, by products: [LayerProduct<PackedWeight>], workspace: Workspace
  ) {
    run(workspace: workspace) { scratch in
      products.map { product in
        var job = product.weight.job(
          rows, adding: product.bias, by: product.activation, scratch: scratch)
        job.output = product.output.base
        job.output_stride = product.output.stride
        return job
      }
    }
  }

  func activated(
    _ rows: PackedRows<Pieces>, adding bias: Vector?, by activation: Activation,
    workspace: Workspace
  ) -> PackedRows<Pieces> {
    let output = PackedRows<Pieces>(rows: rows.rows, columns: outputs, workspace: workspace)
    Self.run(workspace: workspace) { scratch in
      var job = job(rows, adding: bias, by: activation, scratch: scratch)
      job.packed_output = output.base
      return [job]
    }
    return output
  }

  private func job(
    _ rows: PackedRows<Pieces>, adding bias: Vector?, by activation: Activation,
    scratch: UnsafeMutablePointer<Float>
  ) -> c4b_product_job {
    c4b_product_job(
      input: rows.base, weight: UnsafePointer(memory.base.assumingMemoryBound(to: UInt16.self)),
      input_pieces: Int32(Pieces.count), weight_pieces: Int32(pieces), rows: rows.rows,
      depth_tiles: PackedTiles.depth(inputs), columns: outputs, begin: 0,
      end: PackedTiles.blocks(outputs), bias: bias?.base, activation: activation.kernel,
      output: nil, output_stride: 0, adds: false, packed_output: nil, scratch: scratch)
  }

  /// Several products of the same rows, shared out as one: each thread computes some of the outputs of
  /// all.
  ///
  /// - Parameter jobs: Makes them, for all outputs and with the scratch of the first thread.
  private static func run(
    workspace: Workspace, _ jobs: (UnsafeMutablePointer<Float>) -> [c4b_product_job]
  ) {
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let kernel = Processor.productKernel
    let scratchFloats = (kernel.scratch_floats + 15) / 16 * 16
    let scratch = workspace.scratch(floats: scratchFloats * (workspace.team?.size ?? 1))
    let jobs = jobs(scratch)
    // A quarter of what they are in single precision.
    let depth = jobs[0].depth_tiles * PackedTiles.step
    let cost = jobs[0].rows * depth * PackedTiles.step / 4
    let steps = jobs.map { $0.end / PackedTiles.blocksInStep }
    workspace.split(steps.reduce(0, +), cost: cost) { part, share in
      var start = 0
      for (job, steps) in zip(jobs, steps) {
        let own = share.clamped(to: start..<start + steps)
        if !own.isEmpty {
          var job = job
          job.begin = (own.lowerBound - start) * PackedTiles.blocksInStep
          job.end = (own.upperBound - start) * PackedTiles.blocksInStep
          job.scratch = scratch + part * scratchFloats
          kernel.multiply(&job)
        }
        start += steps
      }
    }
  }
}

/// Activations as bfloat16 numbers, in tiles: memory of a ``Workspace``.
struct PackedRows<Pieces: BFloat16Pieces>: InputRows {
  let rows: Int
  let base: UnsafeMutablePointer<UInt16>

  /// With undefined contents.
  init(rows: Int, columns: Int, workspace: Workspace) {
    self.rows = rows
    let tiles = PackedTiles.rows(rows) * PackedTiles.depth(columns) * Pieces.count
    let memory = workspace.scratch(
      floats: tiles * PackedTiles.byteCount / MemoryLayout<Float>.stride)
    base = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt16.self)
  }

  init(_ matrix: Matrix, workspace: Workspace) {
    let columns = matrix.columns
    self.init(rows: matrix.rows, columns: columns, workspace: workspace)
    let height = PackedTiles.height
    let rowNumbers = PackedTiles.depth(columns) * Pieces.count * PackedTiles.numbers
    let cost = height * columns * Work.element
    workspace.split(PackedTiles.rows(rows), cost: cost) { _, tiles in
      let first = tiles.lowerBound * height
      Processor.table.pack_rows(
        matrix.base + first * matrix.stride, matrix.stride, min(tiles.count * height, rows - first),
        columns, Int32(Pieces.count), base + tiles.lowerBound * rowNumbers)
    }
  }
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
