import CKernels
import Testing

@Suite struct LayerNormTests {
  @Test(arguments: Table.available, [1, 2, 5, 8, 15, 16, 17, 48, 384, 770])
  func equalsTheDefinitionInDoublePrecision(_ table: Table, columns: Int) {
    let rows = 4
    let stride = columns + 3
    let epsilon: Float = 1e-5
    let weight = randomFloats(columns, seed: 1)
    let shift = randomFloats(columns, seed: 2)
    let bias = randomFloats(columns, seed: 3)
    for (hasBias, hasResidual) in [(false, false), (true, false), (false, true), (true, true)] {
      let input = randomFloats(rows * stride, scale: 3, seed: 4)
      let residual = randomFloats(rows * stride, seed: 5)
      var out = input
      table.kernels.layer_norm(
        input, stride, hasBias ? bias : nil, hasResidual ? residual : nil, stride, weight, shift,
        epsilon, &out, stride, rows, columns)
      for row in 0..<rows {
        let y = (0..<columns).map { i in
          Double(input[row * stride + i]) + (hasBias ? Double(bias[i]) : 0)
            + (hasResidual ? Double(residual[row * stride + i]) : 0)
        }
        let mean = y.reduce(0, +) / Double(columns)
        let variance = y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        let inverse = 1 / (variance + Double(epsilon)).squareRoot()
        for i in 0..<columns {
          let expected = (y[i] - mean) * inverse * Double(weight[i]) + Double(shift[i])
          #expect(abs(Double(out[row * stride + i]) - expected) < 2e-5)
        }
        for i in columns..<stride { #expect(out[row * stride + i] == input[row * stride + i]) }
      }
    }
  }

  @Test(arguments: Table.available)
  func worksInPlaceAndKeepsDigitsFarFromZero(_ table: Table) {
    let columns = 64
    var x = randomFloats(columns, seed: 6).map { $0 + 1000 }
    let y = x.map(Double.init)
    let ones = [Float](repeating: 1, count: columns)
    let zeros = [Float](repeating: 0, count: columns)
    x.withUnsafeMutableBufferPointer { buffer in
      table.kernels.layer_norm(
        buffer.baseAddress!, columns, nil, nil, 0, ones, zeros, 1e-12, buffer.baseAddress!, columns,
        1, columns)
    }
    let mean = y.reduce(0, +) / Double(columns)
    let variance = y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
    for (value, original) in zip(x, y) {
      #expect(abs(Double(value) - (original - mean) / variance.squareRoot()) < 2e-4)
    }
  }
}
