import Tensors
import TestSupport
import Testing

@Suite struct LinearTests {
  @Test(arguments: Products.allCases)
  func addsTheBiasToTheProduct(_ products: Products) {
    let layer = Linear(
      weight: StoredMatrix(Weight([[1, 2], [3, 4], [5, 6]])), bias: Vector([0, 0, 1]),
      options: LinearOptions(products: products))
    let output = Matrix(rows: 2, columns: 3)
    layer(Matrix([[1, 1], [2, -1]]), into: output, workspace: Workspace())
    #expect(output.row(0) == [3, 7, 12])
    #expect(output.row(1) == [0, 2, 5])
  }

  @Test(arguments: Products.allCases)
  func readsAndWritesViewsInPlace(_ products: Products) {
    let input = Matrix([[9, 1, 2, 9], [9, 3, 4, 9]]).columns(1..<3)
    let whole = Matrix(rows: 3, columns: 4)
    let layer = Linear(
      weight: StoredMatrix(Weight([[1, 0], [0, 1]])), bias: nil,
      options: LinearOptions(products: products))
    layer(input, into: whole.rows(1..<3).columns(2..<4), workspace: Workspace())
    #expect(whole.row(0) == [0, 0, 0, 0])
    #expect(whole.row(1) == [0, 0, 1, 2])
    #expect(whole.row(2) == [0, 0, 3, 4])
  }

  @Test(arguments: allForms)
  func takesAnEmptyBatch(_ options: LinearOptions) {
    let layer = Linear(
      weight: StoredMatrix(Weight([[1, 2]])), bias: Vector([1]), options: options)
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
    for options in allForms {
      for activation in [Activation.linear, .relu] {
        let layer = Linear(
          weight: StoredMatrix(Weight(weight)), bias: Vector(bias), activation: activation,
          options: options)
        #expect(layer.precision == options.precision)
        let output = Matrix(rows: 19, columns: 101)
        layer(Matrix(input), into: output, workspace: Workspace())
        for row in 0..<19 {
          let expected = (0..<101).map { column in
            let sum = zip(input[row], weight[column]).reduce(Double(bias[column])) {
              $0 + Double($1.0) * Double($1.1)
            }
            return Float(activation == .relu ? max(sum, 0) : sum)
          }
          #expect(largestDifference(output.row(row), expected) < 1e-5, "\(options)")
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
      let layer = Linear(
        weight: StoredMatrix(weight), bias: nil, options: LinearOptions(precision: precision))
      layer(input, into: output, workspace: Workspace())
      return (0..<8).flatMap { output.row($0) }
    }
    let exact = product(.float32)
    let fine = largestDifference(product(.bf16x3), exact)
    let rough = largestDifference(product(.bfloat16), exact)
    #expect(fine > 0 && fine < 1e-3 && rough > 10 * fine && rough < 0.1)
  }

  /// Layers of every form read the same rows, and one another's: each makes of them what it needs.
  @Test func formsMayBeMixed() {
    var generator = SeededGenerator(seed: 3)
    func values(_ rows: Int, _ columns: Int) -> [[Float]] {
      (0..<rows).map { _ in
        (0..<columns).map { _ in Float(Int.random(in: -8...8, using: &generator)) / 8 }
      }
    }
    // So few bits that every sum is exact, and the rounded ones between two layers too.
    let (first, second, input) = (values(48, 33), values(20, 48), Matrix(values(7, 33)))
    func layers(_ weight: [[Float]]) -> [Linear] {
      allForms.map { options in
        Linear(
          weight: StoredMatrix(Weight(weight)), bias: nil, activation: .relu, options: options)
      }
    }
    let workspace = Workspace()
    let outputs = allForms.map { _ in Matrix(rows: 7, columns: 48) }
    Linear.products(
      of: input, Array(zip(layers(first), outputs)).map { (layer: $0.0, output: $0.1) },
      workspace: workspace)
    for output in outputs {
      for row in 0..<7 {
        let expected = (0..<48).map { column in
          zip(input.row(row), first[column]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        }
        #expect(output.row(row) == expected)
      }
    }
    let rounded = allForms.count - 1
    for (a, one) in layers(first).enumerated() {
      for (b, other) in layers(second).enumerated() {
        let output = Matrix(rows: 7, columns: 20)
        other.product(after: one, of: input, into: output, workspace: workspace)
        for row in 0..<7 {
          let between = outputs[0].row(row).map { max($0, 0) }
          let expected = (0..<20).map { column in
            zip(between, second[column]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          }
          let tolerance: Float = a == rounded || b == rounded ? 0.5 : 1e-3
          #expect(largestDifference(output.row(row), expected) < tolerance, "\(a), \(b)")
        }
      }
    }
  }
}

/// A layer of every form: what products are computed in, and by what.
private let allForms =
  Products.allCases.map { LinearOptions(products: $0) }
  + [Precision.bf16x3, .bfloat16].map { LinearOptions(precision: $0) }
