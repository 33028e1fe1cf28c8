import CKernels

/// The derivatives of a loss by all parameters, as one worker adds them up.
///
/// Of the word embeddings a text touches only the rows of its words. They are noted, so that the others
/// need not be set to zero, nor added up.
public final class Gradients {
  public let values: Parameters
  /// The word embeddings.
  let table: ParameterLayout.Entry?
  /// The rows of `table` with derivatives; nil for all.
  private(set) var touchedRows: [Int]? = []
  private var isTouched: [Bool]

  /// - Parameters:
  ///   - layout: Of the parameters.
  ///   - table: A matrix of which mostly few rows have derivatives.
  public init(_ layout: ParameterLayout, table: ParameterLayout.Entry? = nil) {
    values = Parameters(layout)
    self.table = table
    isTouched = [Bool](repeating: false, count: self.table?.rows ?? 0)
  }

  /// Sets all to zero.
  public func reset() {
    guard let table, let touchedRows else {
      values.fillWithZeros()
      touchedRows = []
      return
    }
    for row in touchedRows {
      (values.base + table.offset + row * table.columns).update(repeating: 0, count: table.columns)
      isTouched[row] = false
    }
    self.touchedRows = []
    values.base.update(repeating: 0, count: table.offset)
    let end = table.range.upperBound
    (values.base + end).update(repeating: 0, count: values.layout.floatCount - end)
  }

  /// Tells that derivatives of all rows are about to be added to `table`.
  public func touchAllRows() {
    for row in touchedRows ?? [] { isTouched[row] = false }
    touchedRows = nil
  }

  /// Adds the rows of `gradient`, one a token, to the rows of `table` that `ids` name.
  ///
  /// - Parameters:
  ///   - gradient: `[tokens, hidden size]`
  ///   - ids: One a token.
  ///   - padding: An id that does not learn (`padding_idx` of torch.nn.Embedding).
  public func addToTable(_ gradient: Matrix, ids: [Int32], padding: Int? = nil) {
    guard let table else { preconditionFailure("gradients without a table") }
    precondition(
      ids.count == gradient.rows && gradient.columns == table.columns, "an id for each row")
    for (row, id) in ids.enumerated() {
      let id = Int(id)
      precondition((0..<table.rows).contains(id), "an id outside its table")
      if id == padding { continue }
      touch(id)
      Processor.table.accumulate(
        values.base + table.offset + id * table.columns, gradient.base + row * gradient.stride,
        table.columns)
    }
  }

  func touch(_ rows: [Int]) {
    for row in rows { touch(row) }
  }

  private func touch(_ row: Int) {
    guard touchedRows != nil, !isTouched[row] else { return }
    isTouched[row] = true
    touchedRows!.append(row)
  }
}
