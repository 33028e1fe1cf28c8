import CKernels
import Files
import Synchronization

/// A layer's weight for the engine's own product, which reads it transposed, in panels. BLAS packs a
/// weight anew in each call; packed once, a product of a thousand rows is a tenth faster, and one of
/// thirty, a single text, almost twice.
///
/// Packing a whole model takes as long as some dozen texts, and as much memory again where the stored
/// weight stays. So the first passes pack a panel at a time beside the product; a weight that goes on
/// being used is packed for good, and its stored form given back to the system. Either way each
/// element of a product is summed in the same order: answers do not depend on when that happens, on
/// the batch, or on the number of threads.
final class PanelWeight: WeightForm, @unchecked Sendable {
  let outputs: Int
  let inputs: Int

  private let stored: StoredMatrix
  private let rowsSeen = Atomic(0)
  // Set once, into `memory`, after all of it is written.
  private let packed = Atomic<UnsafeMutablePointer<Float>?>(nil)
  private let memory = Mutex<AlignedMemory?>(nil)

  /// Rows of input after which packing for good has paid.
  private static let patience = 2048
  /// Outputs that lie side by side: where a product may be divided.
  private static let panel = Processor.table.panel_width

  init(_ matrix: StoredMatrix) {
    outputs = matrix.rows
    inputs = matrix.columns
    stored = matrix
  }

  static func multiply(
    _ rows: Matrix, by products: [LayerProduct<PanelWeight>], workspace: Workspace
  ) {
    for product in products {
      product.weight.multiply(rows, product, workspace: workspace)
    }
  }

  private func multiply(
    _ input: Matrix, _ product: LayerProduct<PanelWeight>, workspace: Workspace
  ) {
    let (bias, output) = (product.bias, product.output)
    let weight = packed.load(ordering: .acquiring) ?? packIfUsedEnough(input.rows, workspace)
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let height = Self.panel
    let panels = weight == nil ? height * inputs * (workspace.team?.size ?? 1) : 0
    let scratch = workspace.scratch(floats: panels)
    workspace.split(outputs, step: height, cost: input.rows * inputs) { part, range in
      var job = c4b_panel_job(
        input: input.base, input_stride: input.stride, weight: scratch, bias: bias?.base,
        activation: product.activation.kernel, output: output.base, output_stride: output.stride,
        rows: input.rows, inputs: inputs, column_begin: range.lowerBound,
        column_end: range.upperBound)
      if let weight {
        job.weight = UnsafePointer(weight)
        Processor.table.panel_product(&job)
        return
      }
      let panel = scratch + part * height * inputs
      job.weight = UnsafePointer(panel)
      job.column_begin = 0
      for first in stride(from: range.lowerBound, to: range.upperBound, by: height) {
        let count = min(height, range.upperBound - first)
        Processor.table.pack_panels(stored.element.kernel, stored.row(first), count, inputs, panel)
        job.bias = bias.map { $0.base + first }
        job.output = output.base + first
        job.column_end = count
        Processor.table.panel_product(&job)
      }
    }
  }

  /// Nil while it is too early, or another thread is at it.
  private func packIfUsedEnough(
    _ rowCount: Int, _ workspace: Workspace
  ) -> UnsafeMutablePointer<Float>? {
    guard rowsSeen.add(rowCount, ordering: .relaxed).oldValue >= Self.patience else { return nil }
    return memory.withLockIfAvailable { memory -> UnsafeMutablePointer<Float> in
      if let memory { return memory.floats }
      let new = AlignedMemory(floats: Processor.table.panel_floats(outputs, inputs))
      workspace.split(outputs, step: Self.panel, cost: inputs * Work.element) { _, range in
        Processor.table.pack_panels(
          stored.element.kernel, stored.row(range.lowerBound), range.count, inputs,
          new.floats + range.lowerBound * inputs)
      }
      memory = new
      packed.store(new.floats, ordering: .releasing)
      stored.releasePages()
      return new.floats
    }
  }
}
