import Tensors
import TestSupport
import Testing

@Suite struct LinearTests {
  @Test func addsTheBiasToTheProduct() {
    let layer = Linear(weight: Weight([[1, 2], [3, 4], [5, 6]]), bias: Vector([0, 0, 1]))
    let output = Matrix(rows: 2, columns: 3)
    layer(Matrix([[1, 1], [2, -1]]), into: output, workspace: Workspace())
    #expect(output.row(0) == [3, 7, 12])
    #expect(output.row(1) == [0, 2, 5])
  }

  @Test func readsAndWritesViewsInPlace() {
    let input = Matrix([[9, 1, 2, 9], [9, 3, 4, 9]]).columns(1..<3)
    let whole = Matrix(rows: 3, columns: 4)
    Linear(weight: Weight([[1, 0], [0, 1]]), bias: nil)(
      input, into: whole.rows(1..<3).columns(2..<4), workspace: Workspace())
    #expect(whole.row(0) == [0, 0, 0, 0])
    #expect(whole.row(1) == [0, 0, 1, 2])
    #expect(whole.row(2) == [0, 0, 3, 4])
  }

  @Test func takesAnEmptyBatch() {
    let layer = Linear(weight: Weight([[1, 2]]), bias: Vector([1]))
    let output = Matrix(rows: 0, columns: 1)
    layer(Matrix(rows: 0, columns: 2), into: output, workspace: Workspace())
    #expect(output.rows == 0)
  }

  @Test func aPackedWeightGivesTheSameProduct() {
    var generator = SeededGenerator(seed: 1)
    func values(_ rows: Int, _ columns: Int) -> [[Float]] {
      (0..<rows).map { _ in (0..<columns).map { _ in Float.random(in: -1...1, using: &generator) } }
    }
    let weight = Weight(values(101, 67))
    let bias = Vector(values(1, 101)[0])
    let input = Matrix(values(19, 67))
    let plain = Matrix(rows: 19, columns: 101)
    let packed = Matrix(rows: 19, columns: 101)
    for activation in [Activation.linear, .relu] {
      Linear(weight: weight, bias: bias)(
        input, into: plain, activation: activation, workspace: Workspace())
      Linear(packing: StoredMatrix(weight), bias: bias)(
        input, into: packed, activation: activation, workspace: Workspace())
      for row in 0..<19 {
        for (a, b) in zip(packed.row(row), plain.row(row)) { #expect(abs(a - b) < 1e-5) }
      }
    }
  }
}
