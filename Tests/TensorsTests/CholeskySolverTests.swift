import Tensors
import Testing

@Suite struct CholeskySolverTests {
  @Test func solvesSeveralRightSides() throws {
    // [[4, 2], [2, 3]], of which only the lower triangle is looked at.
    let solver = try #require(CholeskySolver(DoubleMatrix([[4, 99], [2, 3]])))
    let solutions = solver.solve(DoubleMatrix([[8, 7], [4, 2], [0, 0]]))
    let expected = [1.25, 1.5, 1, 0, 0, 0]
    for (a, b) in zip(solutions.elements, expected) { #expect(abs(a - b) < 1e-14) }
  }

  @Test func solvesALargeSystem() throws {
    let size = 150
    var state: UInt64 = 1
    let rows = (0..<200).map { _ in
      (0..<size).map { _ -> Double in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return Double(state >> 40) / Double(1 << 24) - 0.5
      }
    }
    let weights = (0..<200).map { Double($0 % 3) }
    let matrix = DoubleMatrix(rows)
    var gram = matrix.weightedGram(weights)
    for index in 0..<size { gram[index, index] += 0.1 }
    let solver = try #require(CholeskySolver(gram))
    let side = DoubleMatrix([(0..<size).map(Double.init)])
    let solution = solver.solve(side)
    // Aᵀ D A x + x / 10, without the Gram matrix.
    var image = matrix.times(solution, otherTransposed: true)
    for row in 0..<200 { image[row, 0] *= weights[row] }
    let back = image.times(matrix, transposed: true)
    for index in 0..<size {
      #expect(abs(back[0, index] + 0.1 * solution[0, index] - side[0, index]) < 1e-9)
    }
  }

  @Test func refusesWhatIsNotPositiveDefinite() {
    #expect(CholeskySolver(DoubleMatrix([[1, 0], [2, 1]])) == nil)
    #expect(CholeskySolver(DoubleMatrix([[-1]])) == nil)
  }

  @Test func productsTransposeEitherSide() {
    let (a, b) = (DoubleMatrix([[1, 2, 3], [4, 5, 6]]), DoubleMatrix([[1, 0, 2], [0, 1, 1]]))
    #expect(a.times(b, otherTransposed: true) == DoubleMatrix([[7, 5], [16, 11]]))
    #expect(a.times(b, transposed: true) == DoubleMatrix([[1, 4, 6], [2, 5, 9], [3, 6, 12]]))
    let c = DoubleMatrix([[1], [0], [1]])
    #expect(a.times(c) == DoubleMatrix([[4], [10]]))
  }
}
