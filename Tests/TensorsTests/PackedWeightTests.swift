import Files
import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct PackedWeightTests {
  private func values(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  private func largest(_ a: Matrix, _ b: Matrix) -> Float {
    (0..<a.rows).reduce(0) { largest, row in
      zip(a.row(row), b.row(row)).reduce(largest) { max($0, abs($1.0 - $1.1)) }
    }
  }

  /// Large enough that packing and the product are shared out.
  @Test(arguments: [(Precision.bf16x3, Float(2e-4)), (.bfloat16, 0.15), (.int8, 0.3)], [1, 3, 20])
  func comesCloseToSinglePrecision(
    _ precision: (kind: Precision, tolerance: Float), rows: Int
  ) throws {
    let (inputs, outputs) = (1030, 1025)
    let all = values(inputs * outputs, seed: 1)
    let weight = Weight(rows: outputs, columns: inputs) { _ = $0.update(fromContentsOf: all) }
    let bias = Vector(values(outputs, seed: 2))
    let exact = Linear(
      weight: StoredMatrix(weight), bias: bias, options: LinearOptions(products: .blas))
    let packed = Linear(
      weight: StoredMatrix(weight), bias: bias,
      options: LinearOptions(precision: precision.kind, threads: 3))
    let numbers = values(rows * inputs, seed: 3)
    let input = Matrix((0..<rows).map { Array(numbers[$0 * inputs..<($0 + 1) * inputs]) })
    let workspace = Workspace()
    let expected = Matrix(rows: rows, columns: outputs)
    exact(input, into: expected, workspace: workspace)
    var alone: Matrix?
    for size in [1, 3] {
      workspace.team = Team(size: size)
      let whole = Matrix(rows: rows + 2, columns: outputs + 9)
      let output = whole.rows(1..<rows + 1).columns(4..<outputs + 4)
      packed(input, into: output, workspace: workspace)
      #expect(largest(output, expected) < precision.tolerance)
      #expect(largest(output, expected) > 0)
      #expect(whole.row(0).allSatisfy { $0 == 0 } && whole.row(rows + 1).allSatisfy { $0 == 0 })
      // Each sum is one thread's, so their number changes nothing.
      if let alone { #expect(largest(output, alone) == 0) }
      alone = output
    }
  }

  @Test(arguments: [Precision.bf16x3, .bfloat16, .int8])
  func activatedRowsFeedTheNextLayer(_ precision: Precision) {
    let (inputs, wide, rows) = (40, 70, 9)
    let first = Weight(rows: wide, columns: inputs) {
      _ = $0.update(fromContentsOf: values(wide * inputs, seed: 1))
    }
    let second = Weight(rows: inputs, columns: wide) {
      _ = $0.update(fromContentsOf: values(wide * inputs, seed: 2))
    }
    let bias = Vector(values(wide, seed: 3))
    let input = Matrix((0..<rows).map { values(inputs, seed: UInt64(10 + $0)) })
    func pass(_ options: LinearOptions) -> Matrix {
      let output = Matrix(rows: rows, columns: inputs)
      let one = Linear(
        weight: StoredMatrix(first), bias: bias, activation: .gelu, options: options)
      Linear(weight: StoredMatrix(second), bias: nil, options: options)
        .product(after: one, of: input, into: output, workspace: Workspace())
      return output
    }
    let exact = pass(LinearOptions(products: .blas))
    let packed = pass(LinearOptions(precision: precision))
    #expect(largest(exact, packed) < (precision == .bf16x3 ? 2e-4 : 0.3))
  }

  @Test func packsWhatLiesInAFile() throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "packed-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let numbers = values(3 * 5000, seed: 1)
    try numbers.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
    let file = try MappedFile(path: path)
    let stored = try #require(
      StoredMatrix(mapping: file, byteOffset: 0, element: .float32, rows: 3, columns: 5000))
    let layer = Linear(
      weight: stored, bias: nil, options: LinearOptions(precision: .bf16x3))
    let input = Matrix([[Float](repeating: 1, count: 5000)])
    let output = Matrix(rows: 1, columns: 3)
    layer(input, into: output, workspace: Workspace())
    for row in 0..<3 {
      let sum = numbers[row * 5000..<(row + 1) * 5000].reduce(0.0) { $0 + Double($1) }
      #expect(abs(Double(output[0, row]) - sum) < 1e-2)
    }
    // The pages were let go, and are as they were.
    #expect(file.load(as: UInt32.self, at: 4 * 14_999) == numbers[14_999].bitPattern)
  }
}
