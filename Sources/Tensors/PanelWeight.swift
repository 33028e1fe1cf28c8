import CKernels
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
final class PanelWeight: @unchecked Sendable {
  let rows: Int
  let columns: Int

  private let stored: StoredMatrix
  private let rowsSeen = Atomic(0)
  // Set once, into `memory`, after all of it is written.
  private let packed = Atomic<UnsafeMutablePointer<Float>?>(nil)
  private let memory = Mutex<AlignedMemory?>(nil)

  /// Whether this processor's kernels beat BLAS. The portable ones do not.
  static let isWorthwhile = Processor.kernels != "portable"

  /// Rows of input after which packing for good has paid.
  private static let patience = 2048
  /// Columns of a product that lie side by side: where it may be divided.
  private static let panel = Processor.table.panel_width()

  init(_ matrix: StoredMatrix) {
    rows = matrix.rows
    columns = matrix.columns
    stored = matrix
  }

  /// `output = activation(input weightᵀ + bias)`.
  func product(
    _ input: Matrix, adding bias: Vector?, activation: Activation, into output: Matrix,
    workspace: Workspace
  ) {
    let weight = packed.load(ordering: .acquiring) ?? packIfUsedEnough(input.rows, workspace)
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let height = Self.panel
    let panels = weight == nil ? height * columns * (workspace.team?.size ?? 1) : 0
    let scratch = workspace.scratch(floats: panels)
    // A share of the columns below half a megaflop costs more to hand over than to compute.
    let minimum = max(height, (1 << 18) / (input.rows * columns))
    workspace.split(rows, step: height, minimum: minimum) { part, range in
      var job = c4b_panel_job(
        input: input.base, input_stride: input.stride, weight: scratch, bias: bias?.base,
        activation: activation.kernel, output: output.base, output_stride: output.stride,
        rows: input.rows, inputs: columns, column_begin: range.lowerBound,
        column_end: range.upperBound)
      if let weight {
        job.weight = UnsafePointer(weight)
        Processor.table.panel_product(&job)
        return
      }
      let panel = scratch + part * height * columns
      job.weight = UnsafePointer(panel)
      job.column_begin = 0
      for first in stride(from: range.lowerBound, to: range.upperBound, by: height) {
        let count = min(height, range.upperBound - first)
        Processor.table.pack_panels(stored.element.kernel, stored.row(first), count, columns, panel)
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
      let new = AlignedMemory(floats: Processor.table.panel_floats(rows, columns))
      workspace.split(rows, step: Self.panel, minimum: Self.panel) { _, range in
        Processor.table.pack_panels(
          stored.element.kernel, stored.row(range.lowerBound), range.count, columns,
          new.floats + range.lowerBound * columns)
      }
      memory = new
      packed.store(new.floats, ordering: .releasing)
      stored.releasePages()
      return new.floats
    }
  }
}
