import CKernels

/// Products with packed weights, by the fastest kernel that this processor has for them.
extension PackedWeight {
  enum Target {
    case matrix(Matrix)
    case packed(PackedRows)
  }

  /// `target = activation(input weightᵀ + bias)`, each thread some of the outputs.
  func multiply(
    _ input: PackedRows, activation: Activation, bias: Vector?, into target: Target,
    workspace: Workspace
  ) {
    precondition(
      input.pieces == (precision == .bf16x3 ? 2 : 1), "rows that were packed for another precision")
    guard input.rows > 0 else { return }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let kernel = Processor.productKernel
    let scratchFloats = (kernel.scratch_floats + 15) / 16 * 16
    let scratch = workspace.scratch(floats: scratchFloats * (workspace.team?.size ?? 1))
    var job = c4b_product_job(
      input: input.base, weight: base, input_pieces: Int32(input.pieces),
      weight_pieces: Int32(pieces), rows: input.rows, depth_tiles: PackedTiles.depth(columns),
      columns: rows, begin: 0, end: 0, bias: bias?.base, activation: activation.kernel, output: nil,
      output_stride: 0, packed_output: nil, scratch: scratch)
    switch target {
    case .matrix(let matrix):
      job.output = matrix.base
      job.output_stride = matrix.stride
    case .packed(let rows):
      job.packed_output = rows.base
    }
    // A share below two megaflops costs more to hand over than to compute.
    let minimum = max(1, (1 << 20) / (input.rows * columns * PackedTiles.step))
    let blocksAStep = 2
    workspace.split(PackedTiles.depth(rows), minimum: minimum) { part, steps in
      var share = job
      share.begin = steps.lowerBound * blocksAStep
      share.end = steps.upperBound * blocksAStep
      share.scratch = scratch + part * scratchFloats
      kernel.multiply(&share)
    }
  }
}
