import CKernels

/// A table of word embeddings, `[vocabulary size, hidden size]`, used in place in a mapped file and in
/// the precision it is stored in: only the rows of words that occur are read and converted.
public struct EmbeddingTable: Sendable {
  private let matrix: StoredMatrix

  public var rows: Int { matrix.rows }
  public var columns: Int { matrix.columns }

  public init(_ matrix: StoredMatrix) {
    self.matrix = matrix
  }

  /// Row `row` of `output` becomes word `id` + position `position` + token type `tokenType`.
  func embed(
    id: Int, position: Int, tokenType: Int?, positions: Weight, tokenTypes: Weight?,
    into output: Matrix, row: Int
  ) {
    Processor.table.embed(
      matrix.element.kernel, matrix.row(id),
      positions.base + position * columns,
      tokenType.map { tokenTypes!.base + $0 * columns }, output.base + row * output.stride, columns)
  }

  /// The sums of word, position and token type embeddings of packed sequences; positions count anew in
  /// each sequence.
  ///
  /// - Parameters:
  ///   - ids: One a token, each in `0..<rows`.
  ///   - tokenTypeIDs: One a token, or empty for none; each in `0..<tokenTypes.rows`.
  ///   - sequence: The range of tokens of one sequence, no longer than there are positions to
  ///     count.
  ///   - positions: `[positions, hidden size]`
  ///   - positionPadding: As in ``PositionCounter/init(padding:)``.
  ///   - tokenTypes: `[token types, hidden size]`; nil where there are none.
  ///   - output: `[tokens, hidden size]`.
  public func embed(
    ids: [Int32], tokenTypeIDs: [UInt8], sequence: Range<Int>, positions: Weight,
    positionPadding: Int? = nil, tokenTypes: Weight?, into output: Matrix
  ) {
    var counter = PositionCounter(padding: positionPadding)
    let positionCount = positions.rows - (positionPadding.map { $0 + 1 } ?? 0)
    precondition(
      sequence.lowerBound >= 0 && sequence.upperBound <= ids.count
        && sequence.upperBound <= output.rows && sequence.count <= positionCount
        && output.columns == columns && positions.columns == columns,
      "a sequence of \(sequence.count) tokens does not fit \(positionCount) positions")
    let typed = tokenTypes != nil
    precondition(
      !typed || tokenTypeIDs.isEmpty || tokenTypeIDs.count == ids.count, "a type for each token")
    for token in sequence {
      let id = Int(ids[token])
      let type = typed ? (tokenTypeIDs.isEmpty ? 0 : Int(tokenTypeIDs[token])) : nil
      precondition(
        id >= 0 && id < rows && (type ?? 0) < (tokenTypes?.rows ?? 1), "an id outside its table")
      embed(
        id: id, position: counter.position(of: ids[token]), tokenType: type, positions: positions,
        tokenTypes: tokenTypes, into: output, row: token)
    }
  }
}

extension EmbeddingTable {
  /// `input tableᵀ`: how well each row of `input` matches each word, which is the decoder of a masked
  /// language model.
  ///
  /// A single-precision table is used in place. A narrower one is widened panel by panel, each small
  /// enough for the processor's cache, so that the table is never copied as a whole.
  ///
  /// - Parameters:
  ///   - input: `[rows, hidden size]`
  ///   - output: `[rows, vocabulary size]`, overwritten.
  ///   - workspace: Gives the panel of a narrower table.
  public func product(_ input: Matrix, into output: Matrix, workspace: Workspace) {
    precondition(
      input.columns == columns && output.columns == rows && input.rows == output.rows,
      """
      a table of \(rows) words by \(columns) cannot take [\(input.rows), \(input.columns)] to \
      [\(output.rows), \(output.columns)]
      """)
    guard input.rows > 0 else { return }
    let cost = BLAS.cost(rows: input.rows, inputs: columns)
    if let table = matrix.floats {
      workspace.split(rows, step: BLAS.step, cost: cost) { _, words in
        product(input, words: words, table + words.lowerBound * columns, into: output)
      }
      return
    }
    let mark = workspace.mark
    defer { workspace.release(to: mark) }
    let height = min(max(16, Self.panelSize / columns), rows)
    let panels = workspace.scratch(floats: height * columns * (workspace.team?.size ?? 1))
    workspace.split(rows, step: BLAS.step, cost: cost) { part, words in
      let panel = panels + part * height * columns
      for start in stride(from: words.lowerBound, to: words.upperBound, by: height) {
        let words = start..<min(start + height, words.upperBound)
        Processor.table.widen(
          matrix.element.kernel, matrix.row(start), panel, words.count * columns)
        product(input, words: words, panel, into: output)
      }
    }
  }

  /// 1 MB: fits the second-level caches of servers.
  private static let panelSize = 1 << 18

  private func product(
    _ input: Matrix, words: Range<Int>, _ table: UnsafePointer<Float>, into output: Matrix
  ) {
    BLAS.multiply(
      input, table, outputs: words.count, into: output.base + words.lowerBound,
      stride: output.stride)
  }
}
