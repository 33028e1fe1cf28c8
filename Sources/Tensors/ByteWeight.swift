import CKernels

/// A layer's weight as signed bytes with a step an output, the largest weight of an output being 127 of
/// them. A copy: what it was made from is not needed any more.
///
/// Inputs become unsigned bytes with a step and a zero point a row, so that a row's product is the same
/// whatever rows stand beside it. Sums of products are exact integers.
struct ByteWeight: WeightForm {
  let outputs: Int
  let inputs: Int
  private let memory: AlignedMemory
  /// Of each output: its step, and the sum of its bytes.
  private let columns: AlignedMemory

  static var precision: Precision { .int8 }

  /// More inputs than this could overflow a sum.
  static let inputLimit = Int(C4B_BYTE_LIMIT)

  /// Packs a stored weight on the threads of a team, and lets go of its file's pages: they no longer count
  /// as this process's memory.
  init(_ stored: StoredMatrix, team: Team?) {
    precondition(stored.columns <= Self.inputLimit, "sums of bytes would overflow")
    (outputs, inputs) = (stored.rows, stored.columns)
    let panels = ByteSizes.panels(outputs)
    memory = AlignedMemory(
      byteCount: panels * ByteSizes.panel * ByteSizes.depth(inputs) * ByteSizes.step)
    columns = AlignedMemory(byteCount: 2 * panels * ByteSizes.panel * MemoryLayout<Float>.stride)
    let packed = memory.base.assumingMemoryBound(to: Int8.self)
    let packedColumns = kernelColumns
    let cost = ByteSizes.panel * inputs * Work.element
    Work.share(panels, step: 1, cost: cost, among: team) { _, range in
      Processor.table.quantize_weight(
        stored.element.kernel, stored.base, outputs, inputs, range.lowerBound, range.upperBound,
        packed, packedColumns)
    }
    stored.releasePages()
  }

  private var kernelColumns: c4b_byte_columns {
    let steps = columns.base.assumingMemoryBound(to: Float.self)
    let sums = UnsafeMutableRawPointer(steps + ByteSizes.panels(outputs) * ByteSizes.panel)
    return c4b_byte_columns(steps: steps, sums: sums.assumingMemoryBound(to: Int32.self))
  }

  static func rows(_ matrix: Matrix, workspace: Workspace) -> ByteRows {
    let rows = ByteRows(rows: matrix.rows, columns: matrix.columns, workspace: workspace)
    workspace.split(matrix.rows, cost: matrix.columns * Work.element) { _, range in
      rows.write(matrix.rows(range), from: range.lowerBound)
    }
    return rows
  }

  static func multiply(
    _ rows: ByteRows, by products: [LayerProduct<ByteWeight>], workspace: Workspace
  ) {
    multiply(rows, by: products, feedsBytes: false, workspace: workspace)
  }

  private static func multiply(
    _ rows: ByteRows, by products: [LayerProduct<ByteWeight>], feedsBytes: Bool,
    workspace: Workspace
  ) {
    let jobs = products.map { $0.weight.job(rows, $0, feedsBytes: feedsBytes) }
    let panels = jobs.map(\.end)
    // An eighth of what they are in single precision.
    let cost = rows.rows * rows.stride * ByteSizes.panel / 8
    workspace.split(panels.reduce(0, +), step: 1, cost: cost) { _, share in
      var start = 0
      for (job, panels) in zip(jobs, panels) {
        let own = share.clamped(to: start..<start + panels)
        if !own.isEmpty {
          var job = job
          job.begin = own.lowerBound - start
          job.end = own.upperBound - start
          Processor.byteKernel.multiply(&job)
        }
        start += panels
      }
    }
  }

  /// Rows in parts, so that what lies between product and bytes stays in the second-level cache.
  func activated(
    _ rows: ByteRows, adding bias: Vector?, by activation: Activation, workspace: Workspace
  ) -> ByteRows {
    let result = ByteRows(rows: rows.rows, columns: outputs, workspace: workspace)
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let part = min(
      rows.rows, max(48, (640 << 10) / (outputs * MemoryLayout<Float>.stride) / 48 * 48))
    let between = workspace.matrix(rows: part, columns: outputs)
    for first in stride(from: 0, to: rows.rows, by: part) {
      let range = first..<min(first + part, rows.rows)
      let output = between.rows(0..<range.count)
      let product = LayerProduct(weight: self, bias: bias, activation: activation, output: output)
      Self.multiply(
        rows.rows(range), by: [product], feedsBytes: true, workspace: workspace)
      workspace.split(range.count, cost: outputs * Work.element) { _, own in
        result.write(output.rows(own), from: first + own.lowerBound)
      }
    }
    return result
  }

  private func job(
    _ rows: ByteRows, _ product: LayerProduct<ByteWeight>, feedsBytes: Bool
  ) -> c4b_byte_job {
    c4b_byte_job(
      input: UnsafePointer(rows.base), input_stride: rows.stride,
      input_rows: UnsafePointer(rows.scales),
      weight: UnsafePointer(memory.base.assumingMemoryBound(to: Int8.self)),
      weight_columns: kernelColumns, rows: rows.rows, depth_tiles: ByteSizes.depth(inputs),
      columns: outputs, begin: 0, end: ByteSizes.panels(outputs), bias: product.bias?.base,
      activation: product.activation.kernel, feeds_bytes: feedsBytes,
      output: product.output.base, output_stride: product.output.stride,
      finish: Processor.table.finish_bytes)
  }
}

/// Activations as unsigned bytes, with a step and a zero point a row: memory of a ``Workspace``.
struct ByteRows: InputRows {
  let rows: Int
  private let columns: Int
  let base: UnsafeMutablePointer<UInt8>
  let scales: UnsafeMutablePointer<c4b_byte_row>

  var stride: Int { ByteSizes.depth(columns) * ByteSizes.step }

  /// With undefined contents.
  init(rows: Int, columns: Int, workspace: Workspace) {
    self.rows = rows
    self.columns = columns
    let stride = ByteSizes.depth(columns) * ByteSizes.step
    // Tiles are read as a whole.
    let bytes = (rows + 15) / 16 * 16 * stride
    let scaleBytes = rows * MemoryLayout<c4b_byte_row>.stride
    let memory = UnsafeMutableRawPointer(
      workspace.scratch(floats: (bytes + scaleBytes + 3) / MemoryLayout<Float>.stride))
    base = memory.assumingMemoryBound(to: UInt8.self)
    scales = (memory + bytes).assumingMemoryBound(to: c4b_byte_row.self)
  }

  private init(
    rows: Int, columns: Int, base: UnsafeMutablePointer<UInt8>,
    scales: UnsafeMutablePointer<c4b_byte_row>
  ) {
    self.rows = rows
    self.columns = columns
    self.base = base
    self.scales = scales
  }

  /// A view of some rows.
  func rows(_ range: Range<Int>) -> ByteRows {
    ByteRows(
      rows: range.count, columns: columns, base: base + range.lowerBound * stride,
      scales: scales + range.lowerBound)
  }

  /// Overwrites rows from `first` on.
  func write(_ matrix: Matrix, from first: Int) {
    Processor.table.quantize_rows(
      matrix.base, matrix.stride, matrix.rows, columns, base + first * stride, stride,
      scales + first)
  }
}

/// The sizes of byte_products.h.
private enum ByteSizes {
  /// Inputs of a tile.
  static let step = Int(C4B_BYTE_DEPTH)
  /// Outputs of a panel.
  static let panel = Int(C4B_BYTE_PANEL)

  /// Tiles along the depth, which is this long.
  static func depth(_ inputs: Int) -> Int { (inputs + step - 1) / step }

  static func panels(_ outputs: Int) -> Int { (outputs + panel - 1) / panel }
}
