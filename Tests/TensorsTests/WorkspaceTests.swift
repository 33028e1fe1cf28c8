import Tensors
import Testing

@Suite struct WorkspaceTests {
  @Test func growsOnceAndThenStaysAsItIs() {
    let workspace = Workspace()
    func pass() {
      workspace.reset()
      let large = workspace.matrix(rows: 700, columns: 1000)
      let mark = workspace.mark
      _ = workspace.matrix(rows: 500, columns: 1000)
      workspace.release(to: mark)
      let small = workspace.matrix(rows: 3, columns: 5)
      large[699, 999] = 1
      small[2, 4] = 2
      #expect(large[699, 999] == 1)
    }
    pass()
    pass()
    let settled = workspace.byteCount
    for _ in 0..<5 { pass() }
    #expect(workspace.byteCount == settled)
  }

  @Test func matricesDoNotOverlap() {
    let workspace = Workspace()
    let matrices = (0..<40).map { workspace.matrix(rows: 100 + $0, columns: 333) }
    for (value, matrix) in matrices.enumerated() {
      for row in 0..<matrix.rows {
        for column in 0..<matrix.columns { matrix[row, column] = Float(value) }
      }
    }
    for (value, matrix) in matrices.enumerated() {
      #expect(matrix.row(0).allSatisfy { $0 == Float(value) })
      #expect(matrix.row(matrix.rows - 1).allSatisfy { $0 == Float(value) })
    }
  }

  @Test func whatWasReleasedIsUsedAgain() {
    let workspace = Workspace()
    let mark = workspace.mark
    let first = workspace.matrix(rows: 1, columns: 1)
    first[0, 0] = 7
    workspace.release(to: mark)
    #expect(workspace.matrix(rows: 1, columns: 1)[0, 0] == 7)
  }
}
