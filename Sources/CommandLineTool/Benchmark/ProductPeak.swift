import Tensors

/// The fastest that this machine multiplies matrices with all threads at work: what the products of a
/// model are measured by.
enum ProductPeak {
  /// Rows of a batch, and sizes of layers as models have them.
  private static let shapes = [(1024, 768, 3072), (1024, 3072, 768), (1024, 1024, 1024)]
  private static let seconds = 0.15

  /// Operations a second of each thread, with `threads` of them side by side; the best of some shapes
  /// and tries.
  static func measure(threads: Int) async -> Double {
    var best = 0.0
    for shape in shapes {
      for _ in 0..<3 { best = max(best, await rate(shape, threads: threads)) }
    }
    return best
  }

  private static func rate(
    _ shape: (rows: Int, inputs: Int, outputs: Int), threads: Int
  ) async -> Double {
    let (rows, inputs, outputs) = shape
    let layer = Linear(
      weight: Weight(rows: outputs, columns: inputs) { values in
        for index in values.indices { values[index] = Float(index % 61) / 61 - 0.5 }
      }, bias: nil)
    let rates = await withTaskGroup(of: Double.self) { group in
      for _ in 0..<threads {
        group.addTask {
          let workspace = Workspace()
          let input = workspace.matrix(rows: rows, columns: inputs)
          for row in 0..<rows { input[row, row % inputs] = 1 }
          let output = workspace.matrix(rows: rows, columns: outputs)
          // Once to have its memory and the processor's clock where they will be.
          layer.product(input, into: output, workspace: workspace)
          let start = ContinuousClock.now
          var products = 0.0
          var elapsed = 0.0
          repeat {
            layer.product(input, into: output, workspace: workspace)
            products += 1
            elapsed = (ContinuousClock.now - start) / .seconds(1)
          } while elapsed < Self.seconds
          return products * 2 * Double(rows) * Double(inputs) * Double(outputs) / elapsed
        }
      }
      return await group.reduce(0, +)
    }
    return rates / Double(threads)
  }
}
