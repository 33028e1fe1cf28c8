import TestSupport
import Testing

@testable import Tensors

/// Products of matrices in bf16x3.
@Suite struct MultiplicationTests {
  struct Shape: CustomTestStringConvertible {
    let rows: Int, columns: Int, depth: Int
    var testDescription: String { "\(rows) by \(columns), \(depth) deep" }
  }

  /// Some of more than one block in one direction.
  static let shapes = [
    (1, 1, 1), (17, 33, 65), (48, 48, 32), (5, 70, 530), (530, 9, 40), (9, 2090, 20),
    (515, 20, 530),
  ].map { Shape(rows: $0.0, columns: $0.1, depth: $0.2) }

  private func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    // A part of a larger one, so that its rows have gaps.
    let matrix = Matrix(rows: rows + 1, columns: columns + 3).rows(1..<rows + 1)
      .columns(2..<columns + 2)
    for row in 0..<rows {
      for column in 0..<columns {
        matrix[row, column] = Float.random(in: -1...1, using: &generator)
      }
    }
    return matrix
  }

  private enum Form: CaseIterable { case forward, backward, weight, added }

  private func product(
    _ form: Form, _ shape: Shape, by multiplication: Multiplication?
  ) -> (a: Matrix, b: Matrix, output: Matrix) {
    let a =
      form == .weight || form == .added
      ? matrix(shape.depth, shape.rows, seed: 1) : matrix(shape.rows, shape.depth, seed: 1)
    let b =
      form == .forward
      ? matrix(shape.columns, shape.depth, seed: 2) : matrix(shape.depth, shape.columns, seed: 2)
    let output = matrix(shape.rows, shape.columns, seed: 3)
    switch form {
    case .forward: output.setProduct(a, timesTransposed: b, by: multiplication)
    case .backward: output.setProduct(a, times: b, by: multiplication)
    case .weight: output.setProduct(a, transposed: true, times: b, by: multiplication)
    case .added:
      output.setProduct(a, transposed: true, times: b, adding: true, by: multiplication)
    }
    return (a, b, output)
  }

  private func values(_ matrix: Matrix) -> [[Float]] {
    (0..<matrix.rows).map { matrix.row($0) }
  }

  @Test(arguments: shapes)
  func equalsTheSumsInDoublePrecision(_ shape: Shape) {
    let workspace = Workspace()
    let multiplication = Multiplication(.bf16x3, workspace: workspace, packsAll: true)
    for form in Form.allCases {
      let (a, b, output) = product(form, shape, by: multiplication)
      let before = values(matrix(shape.rows, shape.columns, seed: 3))
      let left = values(a)
      let right = values(b)
      var wrong = 0
      for row in stride(from: 0, to: shape.rows, by: 3) {
        for column in stride(from: 0, to: shape.columns, by: 7) {
          var (sum, magnitude) = (form == .added ? Double(before[row][column]) : 0, 0.0)
          for k in 0..<shape.depth {
            let x = form == .weight || form == .added ? left[k][row] : left[row][k]
            let y = form == .forward ? right[column][k] : right[k][column]
            sum += Double(x) * Double(y)
            magnitude += Double(abs(x * y))
          }
          let unit = 3 * 0x1p-17 + 0x1p-23 * Double(shape.depth).squareRoot()
          if !(abs(Double(output[row, column]) - sum) <= magnitude * unit + 1e-6) { wrong += 1 }
        }
      }
      #expect(wrong == 0, "\(form)")
      // With another workspace, and after other products, not a bit differs.
      let again = product(
        form, shape, by: Multiplication(.bf16x3, workspace: Workspace(), packsAll: true)
      ).output
      #expect(values(again) == values(output))
    }
  }

  @Test func smallProductsStayInSinglePrecision() {
    let workspace = Workspace()
    let multiplication = Multiplication(.bf16x3, workspace: workspace)
    for (shape, isPacked) in [
      (Shape(rows: 16, columns: 400, depth: 400), false),
      (Shape(rows: 400, columns: 3, depth: 64), false),
      (Shape(rows: 64, columns: 64, depth: 8), false),
      (Shape(rows: 64, columns: 64, depth: 64), true),
    ] {
      let exact = values(product(.backward, shape, by: nil).output)
      let single = values(
        product(.backward, shape, by: Multiplication(.float32, workspace: workspace)).output)
      let mixed = values(product(.backward, shape, by: multiplication).output)
      #expect(single == exact)
      #expect((mixed == exact) != isPacked, "\(shape.testDescription)")
      let bytes = multiplication.byteCount(
        rows: shape.rows, columns: shape.columns, depth: shape.depth)
      #expect((bytes > 0) == isPacked)
    }
  }

  @Test func takesTheMemoryThatItSays() {
    let workspace = Workspace()
    let multiplication = Multiplication(.bf16x3, workspace: workspace)
    let shape = Shape(rows: 34, columns: 2000, depth: 550)
    _ = product(.forward, shape, by: multiplication)
    let bytes = multiplication.byteCount(
      rows: shape.rows, columns: shape.columns, depth: shape.depth)
    #expect((bytes..<bytes + 4096).contains(workspace.byteCount))
  }

  @Test func anEmptyDepthGivesZeros() {
    let multiplication = Multiplication(.bf16x3, workspace: Workspace(), packsAll: true)
    let output = Matrix([[1, 2], [3, 4]])
    output.setProduct(
      Matrix(rows: 2, columns: 0), times: Matrix(rows: 0, columns: 2), adding: true,
      by: multiplication)
    #expect(output.row(1) == [3, 4])
    output.setProduct(
      Matrix(rows: 2, columns: 0), times: Matrix(rows: 0, columns: 2), by: multiplication)
    #expect(output.row(0) == [0, 0] && output.row(1) == [0, 0])
  }
}
