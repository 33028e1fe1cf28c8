import Files

/// A layer's weight as PyTorch stores it, for BLAS: where it lies in a mapped file, or widened to single
/// precision.
struct BLASWeight: WeightForm {
  private let weight: Weight

  var inputs: Int { weight.columns }
  var outputs: Int { weight.rows }

  init(_ stored: StoredMatrix) {
    weight = stored.weight
    if stored.floats == nil { stored.releasePages() }
  }

  static func multiply(
    _ rows: Matrix, by products: [LayerProduct<BLASWeight>], workspace: Workspace
  ) {
    for product in products {
      product.weight.multiply(rows, into: product.output, workspace: workspace)
      if product.bias != nil || product.activation != .linear {
        product.activation.apply(to: product.output, adding: product.bias, workspace: workspace)
      }
    }
  }

  /// The activation is a stage of its own, for the clock.
  func activated(
    _ rows: Matrix, adding bias: Vector?, by activation: Activation, workspace: Workspace
  ) -> Matrix {
    let output = workspace.matrix(rows: rows.rows, columns: outputs)
    multiply(rows, into: output, workspace: workspace)
    workspace.lap(.intermediate)
    activation.apply(to: output, adding: bias, workspace: workspace)
    workspace.lap(.activation)
    return output
  }

  private func multiply(_ rows: Matrix, into output: Matrix, workspace: Workspace) {
    let cost = BLAS.cost(rows: rows.rows, inputs: inputs)
    workspace.split(outputs, step: BLAS.step, cost: cost) { _, columns in
      BLAS.multiply(
        rows, weight.base + columns.lowerBound * inputs, outputs: columns.count,
        into: output.base + columns.lowerBound, stride: output.stride)
    }
  }
}
