import CKernels
import Foundation
import Testing

/// What training needs beside attention, for every instruction set, against double precision.
@Suite struct TrainingKernelTests {
  static let widths = [1, 3, 4, 7, 8, 15, 16, 17, 33, 100]

  @Test(arguments: Table.available, widths)
  func activationsAndTheirSlopes(_ table: Table, columns: Int) {
    let (rows, stride) = (3, columns + 5)
    for activation in ActivationTests.all {
      let input = randomFloats(rows * stride, scale: 3, seed: UInt64(columns))
      let gradient = randomFloats(rows * stride, seed: 7)
      let bias = randomFloats(columns, seed: 8)
      var output = [Float](repeating: guardValue, count: rows * stride)
      table.kernels.activate_into(
        activation, input, stride, bias, &output, stride, rows, columns)
      var (x, slopes) = (input, gradient)
      var sums = randomFloats(columns, seed: 9)
      let before = sums
      table.kernels.activation_backward(
        activation, &x, stride, bias, &slopes, stride, &sums, rows, columns)
      for i in 0..<columns {
        var sum = Double(before[i])
        for row in 0..<rows {
          let place = row * stride + i
          let at = Double(input[place] + bias[i])
          let value = ActivationTests.reference(activation, at)
          let slope =
            (ActivationTests.reference(activation, at + 1e-6)
              - ActivationTests.reference(activation, at - 1e-6)) / 2e-6
          #expect(abs(Double(output[place]) - value) < 1e-6 * max(1, abs(value)))
          #expect(abs(Double(x[place]) - value) < 1e-6 * max(1, abs(value)))
          #expect(abs(Double(slopes[place]) - slope * Double(gradient[place])) < 3e-6)
          sum += slope * Double(gradient[place])
        }
        #expect(abs(Double(sums[i]) - sum) < 1e-5)
      }
      for row in 0..<rows {
        for i in columns..<stride {
          #expect(output[row * stride + i] == guardValue)
          #expect(x[row * stride + i] == input[row * stride + i])
          #expect(slopes[row * stride + i] == gradient[row * stride + i])
        }
      }
    }
  }

  @Test(arguments: Table.available)
  func slopesFarFromZero(_ table: Table) {
    for activation in ActivationTests.all {
      for x: Float in [0, -0.0, 30, -30, 90, -90, 1e4, -1e4] {
        var (value, slope) = ([x], [Float(1)])
        table.kernels.activation_backward(activation, &value, 1, nil, &slope, 1, nil, 1, 1)
        let expected: Double? =
          switch activation {
          case C4B_ACTIVATION_LINEAR: 1
          // As in PyTorch, at 0 too.
          case C4B_ACTIVATION_RELU: x > 0 ? 1 : 0
          case C4B_ACTIVATION_LEAKY_RELU: x > 0 ? 1 : 0.01
          case C4B_ACTIVATION_RELU2: x > 0 ? Double(2 * x) : 0
          case C4B_ACTIVATION_RELU6: 0
          case _ where x == 0: nil
          case C4B_ACTIVATION_TANH, C4B_ACTIVATION_SIGMOID, C4B_ACTIVATION_GELU_10,
            C4B_ACTIVATION_LAPLACE:
            0
          default: x > 0 ? 1 : 0
          }
        if let expected { #expect(abs(Double(slope[0]) - expected) < 1e-6) }
        #expect(slope[0].isFinite)
      }
    }
  }

  @Test(arguments: Table.available, widths)
  func layerNormForwardAndBack(_ table: Table, columns: Int) {
    let (rows, stride) = (5, columns + 2)
    let numbers: [UInt64] = [3, 1, 1 << 40, 9, 0]
    let (weight, shift) = (randomFloats(columns, seed: 1), randomFloats(columns, seed: 2))
    let epsilon: Float = 1e-3
    for hasDropout in [false, true] {
      var dropout = c4b_dropout(key: 5, threshold: 1 << 31, scale: 2)
      let input = randomFloats(rows * stride, scale: 2, seed: 3)
      let (bias, residual) = (randomFloats(columns, seed: 4), randomFloats(rows * stride, seed: 5))
      let outputGradient = randomFloats(rows * stride, seed: 6)
      var (x, out) = (input, [Float](repeating: guardValue, count: rows * stride))
      var inverse = [Float](repeating: 0, count: rows)
      var gradient = outputGradient
      var xGradient = out
      let start = randomFloats(columns, seed: 7)
      var (weightGradient, shiftGradient, biasGradient) = (start, start, start)

      withUnsafePointers(
        &x, &out, &inverse, &gradient, &xGradient, &weightGradient, &shiftGradient, &biasGradient
      ) { x, out, inverse, gradient, xGradient, weightGradient, shiftGradient, biasGradient in
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            weight.withUnsafeBufferPointer { weight in
              shift.withUnsafeBufferPointer { shift in
                numbers.withUnsafeBufferPointer { numbers in
                  withUnsafePointer(to: &dropout) { dropout in
                    let mask = hasDropout ? dropout : nil
                    var forward = c4b_layer_norm_job(
                      x: x, x_stride: stride, bias: bias.baseAddress,
                      residual: residual.baseAddress, residual_stride: stride,
                      weight: weight.baseAddress!, shift: shift.baseAddress!, epsilon: epsilon,
                      inverse: inverse, out: out, out_stride: stride, rows: rows,
                      columns: columns, dropout: mask, row_numbers: numbers.baseAddress)
                    table.kernels.layer_norm_forward(&forward)
                    var back = c4b_layer_norm_gradients(
                      gradient: gradient, gradient_stride: stride, normalised: x,
                      normalised_stride: stride, inverse: inverse, weight: weight.baseAddress!,
                      weight_gradient: weightGradient, shift_gradient: shiftGradient,
                      bias_gradient: biasGradient, x_gradient: xGradient,
                      x_gradient_stride: stride, rows: rows, columns: columns, dropout: mask,
                      row_numbers: numbers.baseAddress)
                    table.kernels.layer_norm_backward(&back)
                  }
                }
              }
            }
          }
        }
      }

      var sums = [[Double]](repeating: start.map(Double.init), count: 3)
      for row in 0..<rows {
        let key = keyed(dropout.key, numbers[row])
        let factors = (0..<columns).map { (i: Int) -> Double in
          hasDropout ? factor(dropout, key, i) : 1
        }
        let y = (0..<columns).map { (i: Int) -> Double in
          let x = Double(input[row * stride + i]) + Double(bias[i])
          return x * factors[i] + Double(residual[row * stride + i])
        }
        let mean = y.reduce(0, +) / Double(columns)
        let squares = y.map { (value: Double) -> Double in (value - mean) * (value - mean) }
        let variance = squares.reduce(0, +) / Double(columns)
        let scale = 1 / (variance + Double(epsilon)).squareRoot()
        let normalised = y.map { ($0 - mean) * scale }
        let g = (0..<columns).map { (i: Int) -> Double in Double(outputGradient[row * stride + i]) }
        let h = (0..<columns).map { (i: Int) -> Double in g[i] * Double(weight[i]) }
        let meanH = h.reduce(0, +) / Double(columns)
        let products = zip(h, normalised).map { (a: Double, b: Double) -> Double in a * b }
        let meanHY = products.reduce(0, +) / Double(columns)
        for i in 0..<columns {
          let place = row * stride + i
          let expected = normalised[i] * Double(weight[i]) + Double(shift[i])
          #expect(abs(Double(out[place]) - expected) < 2e-5)
          let slope = scale * (h[i] - meanH - normalised[i] * meanHY)
          #expect(abs(Double(gradient[place]) - slope) < 3e-5 * max(1, scale))
          #expect(abs(Double(xGradient[place]) - slope * factors[i]) < 6e-5 * max(1, scale))
          sums[0][i] += g[i] * normalised[i]
          sums[1][i] += g[i]
          sums[2][i] += slope * factors[i]
        }
        for i in columns..<stride {
          #expect(out[row * stride + i] == guardValue)
          #expect(xGradient[row * stride + i] == guardValue)
        }
      }
      for (values, expected) in zip([weightGradient, shiftGradient, biasGradient], sums) {
        for (value, expected) in zip(values, expected) {
          #expect(abs(Double(value) - expected) < 2e-4 * max(1, abs(expected)))
        }
      }
    }
  }

  @Test(arguments: Table.available, widths)
  func dropoutIsTheSameForEveryInstructionSet(_ table: Table, columns: Int) {
    let (rows, stride) = (4, columns + 1)
    let numbers: [UInt64] = [0, 1, 2, 1 << 33]
    var dropout = c4b_dropout(key: 77, threshold: 429_496_730, scale: 10 / 9)
    var x = [Float](repeating: 1, count: rows * stride)
    table.kernels.dropout(&dropout, numbers, &x, stride, rows, columns)
    for row in 0..<rows {
      let key = keyed(dropout.key, numbers[row])
      for i in 0..<columns {
        #expect(x[row * stride + i] == Float(factor(dropout, key, i)))
      }
      #expect(x[row * stride + columns] == 1)
    }
  }

  @Test func dropoutDropsItsShareWithNoPattern() {
    let (rows, columns) = (400, 500)
    var dropout = c4b_dropout(key: 1, threshold: 1 << 30, scale: 1)
    var x = [Float](repeating: 1, count: rows * columns)
    Table.available[0].kernels.dropout(
      &dropout, (0..<UInt64(rows)).map { $0 }, &x, columns, rows, columns)
    func kept(_ indices: some Sequence<Int>) -> Double { indices.reduce(0) { $0 + Double(x[$1]) } }
    let count = Double(rows * columns)
    // Five standard deviations of a fair draw.
    #expect(abs(kept(x.indices) - 0.75 * count) < 5 * (count * 0.1875).squareRoot())
    for row in 0..<rows {
      #expect(abs(kept(row * columns..<(row + 1) * columns) - 375) < 5.5 * 9.7)
    }
    for column in 0..<columns {
      let share = kept(stride(from: column, to: x.count, by: columns))
      #expect(abs(share - 300) < 5.5 * 8.7)
    }
    // Neighbours, in a row and between rows, agree as often as they should: 0.75² + 0.25².
    for distance in [1, 2, columns, columns + 1] {
      let pairs = x.count - distance
      let same = (0..<pairs).reduce(0) { $0 + (x[$1] == x[$1 + distance] ? 1 : 0) }
      #expect(abs(Double(same) / Double(pairs) - 0.625) < 0.007)
    }
  }

  @Test(arguments: Table.available, [0, 1, 15, 16, 17, 1025, 5000])
  func sums(_ table: Table, count: Int) {
    let (a, b) = (randomFloats(count + 1, seed: 1), randomFloats(count + 1, seed: 2))
    var x = a
    table.kernels.accumulate(&x, b, count)
    for i in 0..<count { #expect(x[i] == a[i] + b[i]) }
    #expect(x[count] == a[count])
    let squares = a[..<count].reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(table.kernels.sum_of_squares(a, count) - squares) <= 1e-6 * squares)
    let (rows, columns) = (7, count % 100)
    let y = randomFloats(rows * (columns + 1), seed: 3)
    var sums = [Float](repeating: 1, count: columns + 1)
    table.kernels.column_sums(y, columns + 1, rows, columns, &sums)
    for i in 0..<columns {
      let sum = (0..<rows).reduce(1) { $0 + Double(y[$1 * (columns + 1) + i]) }
      #expect(abs(Double(sums[i]) - sum) < 1e-5)
    }
    #expect(sums[columns] == 1)
  }

  @Test(arguments: Table.available, [1, 15, 16, 100])
  func adamWMovesAsItsDefinition(_ table: Table, count: Int) {
    var (x, m) = (randomFloats(count + 1, seed: 1), randomFloats(count + 1, seed: 2))
    var v = randomFloats(count + 1, seed: 3).map { $0 * $0 }
    let g = randomFloats(count + 1, seed: 4)
    let (x0, m0, v0) = (x, m, v)
    var step = c4b_adamw(
      gradient_scale: 0.5, decay: 0.99, mean_rate: 0.1, square_keep: 0.999, square_rate: 0.001,
      step_size: 0.02, root_correction: 0.3, epsilon: 1e-3)
    table.kernels.adamw(&step, &x, g, &m, &v, count)
    for i in 0..<count {
      let gradient = 0.5 * Double(g[i])
      let mean = 0.9 * Double(m0[i]) + 0.1 * gradient
      let square = 0.999 * Double(v0[i]) + 0.001 * gradient * gradient
      let value = 0.99 * Double(x0[i]) - 0.02 * mean / (square.squareRoot() / 0.3 + 1e-3)
      #expect(abs(Double(m[i]) - mean) < 1e-6)
      #expect(abs(Double(v[i]) - square) < 1e-6)
      #expect(abs(Double(x[i]) - value) < 1e-6 * max(1, abs(value)))
    }
    #expect(x[count] == x0[count] && m[count] == m0[count] && v[count] == v0[count])
  }
}

/// Calls `body` with the memory of all arrays.
private func withUnsafePointers(
  _ a: inout [Float], _ b: inout [Float], _ c: inout [Float], _ d: inout [Float],
  _ e: inout [Float], _ f: inout [Float], _ g: inout [Float], _ h: inout [Float],
  _ body: (
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
    UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
  ) -> Void
) {
  // Inout-to-pointer conversions all last for the one call.
  func call(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, _ d: UnsafeMutablePointer<Float>,
    _ e: UnsafeMutablePointer<Float>, _ f: UnsafeMutablePointer<Float>,
    _ g: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>
  ) {
    body(a, b, c, d, e, f, g, h)
  }
  call(&a, &b, &c, &d, &e, &f, &g, &h)
}
