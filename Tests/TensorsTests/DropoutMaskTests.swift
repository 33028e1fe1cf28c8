import Testing

@testable import Tensors

@Suite struct DropoutMaskTests {
  @Test(arguments: [(0, 1), (0.5, 2), (1, 0)])
  func scalesWhatItKeeps(probability: Double, kept: Float) {
    let matrix = Matrix(rows: 2, columns: 200)
    for i in 0..<matrix.rows * matrix.columns { matrix.base[i] = 1 }
    DropoutMask(key: 5, probability: probability).apply(to: matrix, rowNumbers: [0, 1])
    let values = (0..<matrix.rows * matrix.columns).map { matrix.base[$0] }
    // `torch.nn.functional.dropout`: all of it at 0, nothing but zeros at 1.
    #expect(Set(values) == (probability == 0.5 ? [0, 2] : [kept]))
  }
}
