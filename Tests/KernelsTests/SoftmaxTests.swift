import CKernels
import Foundation
import Testing

@Suite struct SoftmaxTests {
  @Test(arguments: Table.available, [1, 2, 3, 7, 8, 16, 17, 43, 100])
  func equalsTheDefinitionInDoublePrecision(_ table: Table, columns: Int) {
    let rows = 3
    let stride = columns + 2
    for scale: Float in [1, 30, 500] {
      let input = randomFloats(rows * stride, scale: scale, seed: UInt64(columns))
      var x = input
      table.kernels.softmax(&x, stride, rows, columns)
      for row in 0..<rows {
        let values = input[row * stride..<row * stride + columns].map(Double.init)
        let largest = values.max()!
        let powers = values.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        for i in 0..<columns {
          #expect(abs(Double(x[row * stride + i]) - powers[i] / sum) < 3e-7)
        }
        for i in columns..<stride { #expect(x[row * stride + i] == input[row * stride + i]) }
      }
    }
  }
}
