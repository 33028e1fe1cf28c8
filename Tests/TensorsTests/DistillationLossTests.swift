import Foundation
import Tensors
import TestSupport
import Testing

/// Divergence and cosine distance against torch and against finite differences in double precision.
@Suite struct DistillationLossTests {
  private struct Losses: Decodable {
    let divergence: [Case]
    let cosine: [Case]
  }

  private struct Case: Decodable {
    let student: [[Float]]
    let teacher: [[Float]]
    let temperature: Float?
    let loss: Double
    let gradient: [[Double]]
  }

  private let losses: Losses

  init() throws {
    let file = fixturesFolder.appending(path: "distillation/losses.json")
    losses = try JSONDecoder().decode(Losses.self, from: Data(contentsOf: file))
  }

  /// Rows in memory with gaps between them.
  private func spread(_ values: [[Float]], _ workspace: Workspace) -> Matrix {
    let matrix = workspace.matrix(rows: values.count, columns: values[0].count)
    for (row, elements) in values.enumerated() {
      for (column, element) in elements.enumerated() { matrix[row, column] = element }
    }
    return matrix
  }

  private func check(
    _ gradient: Matrix, _ expected: [[Double]], scale: Double, added: Double, _ name: Comment
  ) {
    let largest = expected.joined().map(abs).max() ?? 0
    for (row, elements) in expected.enumerated() {
      for (column, element) in elements.enumerated() {
        let found = Double(gradient[row, column])
        #expect(abs(found - added - scale * element) <= scale * 1e-6 * (1 + largest), name)
      }
    }
  }

  @Test func divergenceIsTorchs() throws {
    #expect(losses.divergence.count > 4)
    let workspace = Workspace()
    for (index, test) in losses.divergence.enumerated() {
      let student = spread(test.student, workspace)
      let gradient = spread(test.student.map { $0.map { _ in 0.25 } }, workspace)
      let loss = student.divergence(
        from: Matrix(test.teacher), temperature: try #require(test.temperature), scale: 3,
        addingTo: gradient, workspace: workspace)
      #expect(abs(loss - test.loss) < 1e-6 * (1 + test.loss), "case \(index): \(loss)")
      check(gradient, test.gradient, scale: 3, added: 0.25, "case \(index)")
    }
  }

  @Test func cosineDistanceIsTorchs() {
    #expect(losses.cosine.count > 3)
    let workspace = Workspace()
    for (index, test) in losses.cosine.enumerated() {
      let gradient = spread(test.student.map { $0.map { _ in 0.25 } }, workspace)
      let loss = spread(test.student, workspace).cosineDistance(
        from: Matrix(test.teacher), scale: 3, addingTo: gradient)
      #expect(abs(loss - test.loss) < 1e-6, "case \(index): \(loss)")
      check(gradient, test.gradient, scale: 3, added: 0.25, "case \(index)")
    }
  }

  /// Central differences of a function of one row.
  private func slope(of row: [Float], _ function: ([Double]) -> Double) -> [Double] {
    row.indices.map { index in
      var (up, down) = (row.map(Double.init), row.map(Double.init))
      up[index] += 1e-5
      down[index] -= 1e-5
      return (function(up) - function(down)) / 2e-5
    }
  }

  @Test func gradientsAreFiniteDifferences() {
    func logSoftmax(_ row: [Double], _ temperature: Double) -> [Double] {
      let scaled = row.map { $0 / temperature }
      let top = scaled.max()!
      let sum = log(scaled.reduce(0) { $0 + exp($1 - top) })
      return scaled.map { $0 - top - sum }
    }
    let workspace = Workspace()
    let student: [Float] = [0.3, -1.2, 2.5, 0.7, -0.1]
    let teacher: [Float] = [1.3, 0.2, -0.5, 0.9, -2.1]
    for temperature in [0.5, 1, 2, 5] {
      let gradient = Matrix(rows: 1, columns: 5)
      _ = Matrix([student]).divergence(
        from: Matrix([teacher]), temperature: Float(temperature), scale: 1, addingTo: gradient,
        workspace: workspace)
      let wanted = logSoftmax(teacher.map(Double.init), temperature)
      let expected = slope(of: student) { row in
        zip(wanted, logSoftmax(row, temperature)).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      }
      check(gradient, [expected], scale: 1, added: 0, "temperature \(temperature)")
    }
    let gradient = Matrix(rows: 1, columns: 5)
    _ = Matrix([student]).cosineDistance(from: Matrix([teacher]), scale: 1, addingTo: gradient)
    let expected = slope(of: student) { row in
      let other = teacher.map(Double.init)
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      return 1 - dot(row, other) / (dot(row, row) * dot(other, other)).squareRoot()
    }
    check(gradient, [expected], scale: 1, added: 0, "cosine")
  }

  @Test func whatIsNoNumberIsSeen() {
    let gradient = Matrix(rows: 1, columns: 2)
    let divergence = Matrix([[.nan, 1]]).divergence(
      from: Matrix([[0, 1]]), temperature: 1, scale: 1, addingTo: gradient,
      workspace: Workspace())
    #expect(divergence.isNaN)
    #expect(
      Matrix([[.infinity, 1]]).cosineDistance(
        from: Matrix([[0, 1]]), scale: 1, addingTo: gradient
      ).isNaN)
  }
}
