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

  /// Against sums of our own in double precision, of numbers that bfloat16 holds as they are: so all
  /// precisions have the same product, each by a way of its own.
  @Test func everyFormGivesTheProduct() {
    var generator = SeededGenerator(seed: 1)
    func values(_ rows: Int, _ columns: Int) -> [[Float]] {
      (0..<rows).map { _ in
        (0..<columns).map { _ in Float(Int.random(in: -128...128, using: &generator)) / 128 }
      }
    }
    let (weight, bias, input) = (values(101, 67), values(1, 101)[0], values(19, 67))
    let layers: [(Linear, Precision)] =
      [(Linear(weight: Weight(weight), bias: Vector(bias)), .float32)]
      + Precision.allCases.map { precision in
        let stored = StoredMatrix(Weight(weight))
        return (Linear(packing: stored, bias: Vector(bias), precision: precision), precision)
      }
    for (layer, precision) in layers {
      #expect(layer.precision == precision)
      for activation in [Activation.linear, .relu] {
        let output = Matrix(rows: 19, columns: 101)
        layer(Matrix(input), into: output, activation: activation, workspace: Workspace())
        for row in 0..<19 {
          let expected = (0..<101).map { column in
            let sum = zip(input[row], weight[column]).reduce(Double(bias[column])) {
              $0 + Double($1.0) * Double($1.1)
            }
            return Float(activation == .relu ? max(sum, 0) : sum)
          }
          #expect(largestDifference(output.row(row), expected) < 1e-5, "\(precision)")
        }
      }
    }
  }

  /// What a lower precision leaves out is of its own size: so weights are packed for it in earnest.
  @Test func lowerPrecisionsRound() {
    var generator = SeededGenerator(seed: 2)
    func values(_ rows: Int, _ columns: Int) -> [[Float]] {
      (0..<rows).map { _ in (0..<columns).map { _ in Float.random(in: -1...1, using: &generator) } }
    }
    let (weight, input) = (Weight(values(32, 64)), Matrix(values(8, 64)))
    func product(_ precision: Precision) -> [Float] {
      let output = Matrix(rows: 8, columns: 32)
      Linear(packing: StoredMatrix(weight), bias: nil, precision: precision)(
        input, into: output, workspace: Workspace())
      return (0..<8).flatMap { output.row($0) }
    }
    let exact = product(.float32)
    let fine = largestDifference(product(.bf16x3), exact)
    let rough = largestDifference(product(.bfloat16), exact)
    #expect(fine > 0 && fine < 1e-3 && rough > 10 * fine && rough < 0.1)
  }
}
