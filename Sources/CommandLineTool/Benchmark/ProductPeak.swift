import Tensors

/// The fastest that this machine multiplies matrices with all threads at work: what the products of a
/// model are measured by.
enum ProductPeak {
  /// Rows of a batch, and sizes of layers as models have them.
  private static let shapes: [(rows: Int, inputs: Int, outputs: Int)] = [
    (512, 768, 3072), (512, 3072, 768), (512, 1024, 1024),
  ]
  private static let seconds = 0.15
  private static let atATime = 4

  /// The operations a second of the fastest product that any of `threads` threads did while the others
  /// did the same, of some shapes: a machine that does other things too has moments for itself.
  static func measure(_ precision: Precision, threads: Int) async -> Double {
    var best = 0.0
    for shape in shapes {
      let weight = Weight(rows: shape.outputs, columns: shape.inputs) { values in
        values.update(repeating: 0.5)
      }
      // In single precision the peak is the better of BLAS and the engine's own product.
      let all = precision == .float32 ? Products.allCases : [.engine]
      for products in all {
        let layer = Linear(
          weight: StoredMatrix(weight), bias: nil,
          options: LinearOptions(precision: precision, products: products))
        best = max(best, await rate(layer, rows: shape.rows, threads: threads))
      }
    }
    return best
  }

  private static func rate(_ layer: Linear, rows: Int, threads: Int) async -> Double {
    let (inputs, outputs) = (layer.inputSize, layer.outputSize)
    return await withTaskGroup(of: Double.self) { group in
      for _ in 0..<threads {
        group.addTask {
          let workspace = Workspace()
          let input = workspace.matrix(rows: rows, columns: inputs)
          for column in 0..<inputs { input[0, column] = Float(column % 7) }
          for row in 1..<rows { input.copyRow(0, of: input, to: row) }
          let output = workspace.matrix(rows: rows, columns: outputs)
          // Several at a time, as rows are made into what a product reads once for all.
          let products = Array(repeating: (layer: layer, output: output), count: Self.atATime)
          let start = ContinuousClock.now
          var last = start
          var shortest = Double.infinity
          repeat {
            Linear.products(of: input, products, workspace: workspace)
            let now = ContinuousClock.now
            shortest = min(shortest, (now - last) / .seconds(1))
            last = now
          } while (last - start) / .seconds(1) < Self.seconds
          let operations = 2 * Double(rows) * Double(inputs) * Double(outputs)
          return operations * Double(Self.atATime) / shortest
        }
      }
      return await group.reduce(0, max)
    }
  }
}
