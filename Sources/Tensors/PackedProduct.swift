import CKernels

/// A product with a packed weight, `target = activation(input weightᵀ + bias)`, by the fastest kernel that
/// this processor has for it.
struct PackedProduct {
  enum Target {
    case matrix(Matrix)
    case packed(PackedRows)
  }

  let weight: PackedWeight
  var bias: Vector?
  var activation = Activation.linear
  let target: Target

  /// Several products of the same rows, shared out as one: each thread computes some of the outputs of
  /// all.
  static func run(_ products: [PackedProduct], of input: PackedRows, workspace: Workspace) {
    guard input.rows > 0 else { return }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let kernel = Processor.productKernel
    let scratchFloats = (kernel.scratch_floats + 15) / 16 * 16
    let scratch = workspace.scratch(floats: scratchFloats * (workspace.team?.size ?? 1))
    // A share below two megaflops costs more to hand over than to compute.
    let minimum = max(1, (1 << 20) / (input.rows * input.columns * PackedTiles.step))
    let steps = products.reduce(0) { $0 + $1.steps }
    workspace.split(steps, minimum: minimum) { part, share in
      var start = 0
      for product in products {
        let own = share.clamped(to: start..<start + product.steps)
        if !own.isEmpty {
          var job = product.job(
            input, steps: own.lowerBound - start..<own.upperBound - start,
            scratch: scratch + part * scratchFloats)
          kernel.multiply(&job)
        }
        start += product.steps
      }
    }
  }

  /// Parts of the outputs that one thread must compute as a whole.
  private var steps: Int { PackedTiles.depth(weight.rows) }

  private func job(
    _ input: PackedRows, steps: Range<Int>, scratch: UnsafeMutablePointer<Float>
  ) -> c4b_product_job {
    precondition(
      input.columns == weight.columns && input.pieces == (weight.precision == .bf16x3 ? 2 : 1),
      "rows that were packed for another layer")
    var job = c4b_product_job(
      input: input.base, weight: weight.base, input_pieces: Int32(input.pieces),
      weight_pieces: Int32(weight.pieces), rows: input.rows,
      depth_tiles: PackedTiles.depth(weight.columns), columns: weight.rows,
      begin: steps.lowerBound * PackedTiles.blocksInStep,
      end: steps.upperBound * PackedTiles.blocksInStep, bias: bias?.base,
      activation: activation.kernel, output: nil, output_stride: 0, adds: false,
      packed_output: nil, scratch: scratch)
    switch target {
    case .matrix(let matrix):
      job.output = matrix.base
      job.output_stride = matrix.stride
    case .packed(let rows):
      job.packed_output = rows.base
    }
    return job
  }
}
