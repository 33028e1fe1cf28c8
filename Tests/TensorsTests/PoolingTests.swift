import Tensors
import Testing

@Suite struct PoolingTests {
  @Test func poolsRowsOfAView() {
    let tokens = Matrix([[9, 1, -2], [9, 3, -4], [9, 8, 0]]).columns(1..<3)
    let pooled = Matrix(rows: 2, columns: 2)
    pooled.setRow(0, toMeanOf: 0..<2, in: tokens)
    pooled.setRow(1, toMaximumOf: 0..<3, in: tokens)
    #expect(pooled.row(0) == [2, -3])
    #expect(pooled.row(1) == [8, 0])
    #expect(tokens.elements(ofRows: 1..<3) == [3, -4, 8, 0])
  }

  @Test func normalizesRowsAndLeavesZeros() {
    let matrix = Matrix([[3, 4], [0, 0], [1e20, 0]])
    matrix.normalizeRows()
    #expect(matrix.row(0) == [0.6, 0.8])
    #expect(matrix.row(1) == [0, 0])
    #expect(matrix.row(2) == [1, 0])
  }
}
