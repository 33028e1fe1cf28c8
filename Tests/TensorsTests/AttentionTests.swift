import Tensors
import Testing

@Suite struct AttentionTests {
  @Test func attentionOfOneTokenIsItsValue() {
    let attention = Attention(
      headCount: 2, headSize: 2, queryBias: nil, keyBias: nil, valueBias: Vector([1, 0, 0, 0]))
    let state = Matrix([[1, 2, 3, 4]])
    let output = Matrix(rows: 1, columns: 4)
    attention(query: state, key: state, value: state, into: output, workspace: Workspace())
    #expect(output.row(0) == [2, 2, 3, 4])
  }
}
